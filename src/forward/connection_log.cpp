#include "connection_log.hpp"

#include <atomic>
#include <utility>

#include "persona/net/timer.hpp"

namespace persona::forward {

namespace {

std::atomic<std::uint64_t> last_id = 0;

void add_peer(log::Fields& fields, const std::string& name, const x509::CertificateIds& ids) {
  if (!name.empty()) {
    fields.emplace_back("peer", name);
  }
  if (!ids.serial.empty()) {
    fields.emplace_back("peer_serial", ids.serial);
    fields.emplace_back("peer_pin", ids.pin);
  }
}

}  // namespace

ConnectionLog::ConnectionLog(Service& service, std::string client)
    : service_(service), id_(++last_id), client_(std::move(client)), started_(net::precise_now()) {}

void ConnectionLog::refused(Service& service, const std::string& client, const End& why, Milliseconds now) {
  const ConnectionLog log(service, client);
  log.closed(why, nullptr, {}, true, now);
  log.remember(why);
  service.failures().report(why.error, log.about(why.reason), now);
}

/// What each line about the connection begins with.
log::Fields ConnectionLog::about(std::optional<Reason> why) const {
  log::Fields fields{{"id", id_}};
  if (why) {
    fields.emplace_back("reason", to_string(*why));
  }
  fields.emplace_back("client", client_);
  if (!target_.empty()) {
    fields.emplace_back("target", target_);
  }
  if (!dialled_from_.empty()) {
    fields.emplace_back("dialled_from", dialled_from_);
  }
  return fields;
}

void ConnectionLog::accepted(const tls::SessionInfo& session) const {
  if (log::Logger* audit = service_.audit()) {
    log::Fields fields{{"who", service_.mode() == config::Mode::persona ? "gateway" : "client"}};
    for (log::Field& field : about()) {
      fields.push_back(std::move(field));
    }
    add_peer(fields, session.peer, session.peer_ids);
    fields.emplace_back("resumed", session.resumed);
    audit->info("accepted", fields);
  }
}

void ConnectionLog::audit_refusal(const End& why, const tls::SessionInfo* session) const {
  const bool of_peer = why.reason == Reason::verify_failed;
  const bool of_client = why.reason == Reason::access_denied || why.reason == Reason::limit_reached ||
                         why.reason == Reason::closed_by_administrator;
  log::Logger* audit = service_.audit();
  if (audit == nullptr || (!of_peer && !of_client)) {
    return;
  }
  const bool is_gateway = of_peer && service_.mode() == config::Mode::persona;
  log::Fields fields{{"who", is_gateway ? "gateway" : "client"}};
  for (log::Field& field : about(why.reason)) {
    fields.push_back(std::move(field));
  }
  if (session == nullptr) {
    add_peer(fields, why.peer, why.peer_ids);
  } else if (of_peer || service_.mode() == config::Mode::gateway) {  // else it is not the client's
    add_peer(fields, session->peer, session->peer_ids);
  }
  if (of_peer) {
    fields.emplace_back("verify_reason", why.verify_reason);
  }
  fields.emplace_back("error", why.error);
  audit->info("refused", fields);
}

void ConnectionLog::opened(const tls::SessionInfo& session, log::Level level) const {
  if (!service_.logger().enabled(level)) {
    return;
  }
  log::Fields fields = about();
  add_session(fields, session);
  service_.logger().write(level, "connection open", fields);
}

void ConnectionLog::next_address(const End& why, Milliseconds now) const {
  audit_refusal(why, nullptr);
  log::Fields fields = about(why.reason);
  fields.emplace_back("next", "another address");
  add_peer(fields, why.peer, why.peer_ids);
  service_.failures().report(why.error, std::move(fields), now);
}

void ConnectionLog::add_session(log::Fields& fields, const tls::SessionInfo& session) const {
  fields.emplace_back("tls_version", to_string(session.version));
  fields.emplace_back("cipher_suite", session.cipher_suite);
  if (!session.group.empty()) {
    fields.emplace_back("group", session.group);
  }
  fields.emplace_back("resumed", session.resumed);
  fields.emplace_back("handshake_ms", handshake_time_.count());
  add_peer(fields, session.peer, session.peer_ids);
  if (!session.alpn.empty()) {
    fields.emplace_back("alpn", session.alpn);
  }
}

void ConnectionLog::closed(const End& why, const tls::SessionInfo* session, Traffic traffic, bool expected,
                           Milliseconds now) const {
  audit_refusal(why, session);
  log::Fields fields = about(why.reason);
  if (session != nullptr) {
    add_session(fields, *session);
  } else {
    add_peer(fields, why.peer, why.peer_ids);
  }
  fields.emplace_back("bytes_up", traffic.up);
  fields.emplace_back("bytes_down", traffic.down);
  fields.emplace_back("duration_ms", (net::precise_now() - started_).count());
  if (why.reason == Reason::verify_failed) {
    fields.emplace_back("verify_reason", why.verify_reason);
  }
  if (!why.error.empty()) {
    fields.emplace_back("error", why.error);
  }
  service_.logger().info("connection closed", fields);
  if (!why.error.empty() && is_trouble(why.reason) && !expected) {
    log::Fields trouble = about(why.reason);
    add_peer(trouble, why.peer, why.peer_ids);
    service_.failures().report(why.error, std::move(trouble), now);
    remember(why);
  }
}

void ConnectionLog::remember(const End& why) const {
  service_.recent_failures().add({x509::now(), why.reason, why.error, client_, target_});
}

}  // namespace persona::forward
