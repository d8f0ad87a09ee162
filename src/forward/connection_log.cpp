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
  ConnectionLog(service, client).closed(why, nullptr, {}, true, now);
  service.failures().report(why.error, {{"reason", to_string(why.reason)}, {"client", client}}, now);
}

void ConnectionLog::opened(const tls::SessionInfo& session) const {
  log::Fields fields{{"id", id_}, {"client", client_}, {"target", target_}};
  add_session(fields, session);
  service_.logger().info("connection open", fields);
}

void ConnectionLog::next_address(const End& why, Milliseconds now) const {
  log::Fields fields{{"reason", to_string(why.reason)}, {"target", target_}, {"next", "another address"}};
  add_peer(fields, why.peer, why.peer_ids);
  service_.failures().report(why.error, std::move(fields), now);
}

void ConnectionLog::add_session(log::Fields& fields, const tls::SessionInfo& session) const {
  fields.emplace_back("tls_version", to_string(session.version));
  fields.emplace_back("cipher_suite", session.cipher_suite);
  fields.emplace_back("resumed", session.resumed);
  fields.emplace_back("handshake_ms", handshake_time_.count());
  add_peer(fields, session.peer, session.peer_ids);
  if (!session.alpn.empty()) {
    fields.emplace_back("alpn", session.alpn);
  }
}

void ConnectionLog::closed(const End& why, const tls::SessionInfo* session, Traffic traffic, bool expected,
                           Milliseconds now) const {
  log::Fields fields{{"id", id_}, {"reason", to_string(why.reason)}, {"client", client_}};
  if (!target_.empty()) {
    fields.emplace_back("target", target_);
  }
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
    log::Fields about{{"reason", to_string(why.reason)}, {"client", client_}, {"target", target_}};
    add_peer(about, why.peer, why.peer_ids);
    service_.failures().report(why.error, std::move(about), now);
  }
}

}  // namespace persona::forward
