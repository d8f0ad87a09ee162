// Stage 5: the end. Every exit comes through close(); the first reason wins; one line says what happened.
#include <utility>

#include "persona/forward/connection.hpp"

namespace persona::forward {

namespace {

/// A failure that somebody should look into, as opposed to a peer that just went away.
bool is_trouble(Reason reason) {
  switch (reason) {
    case Reason::local_closed:
    case Reason::gateway_closed:
    case Reason::local_reset:
    case Reason::idle_timeout:
    case Reason::shutdown:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool Connection::close(Reason reason, const std::string& error) {
  if (closing()) {
    return false;
  }
  const bool was_dialing_for_client = state_ == State::dialing && !dials_tls();
  const bool was_open = state_ == State::open;
  state_ = State::closing;
  log_close(reason, error);
  // Many gateways answer a client that ends first with a bare FIN. The client is reset all the same, in case
  // it only half-closed, but an operator need not look into it.
  const bool ordinary = reason == Reason::truncated && first_end_ == Reason::local_closed;
  if (!error.empty() && is_trouble(reason) && !ordinary) {
    service_->failures().report(error,
                                {{"reason", to_string(reason)}, {"client", client_}, {"target", target_}},
                                net::now(worker_.loop()));
  }
  if (was_dialing_for_client && session_) {
    // The service cannot be reached: the TLS client must not take our end for a clean one.
    worker_.records().clear();
    session_->abort(worker_.records());
    if (!worker_.records().empty() && tls_) {
      const auto written = tls_->write(worker_.records().view());
      alert_sent_ = written && *written;
    }
  }
  if (!is_clean(reason)) {
    // Where a whole answer and its FIN are still on their way to a slow receiver, RST would take them back.
    const bool answer_under_way =
        plain_ && tls_to_plain_.state == Direction::State::shut && plain_->unsent() > 0;
    if (plain_ && !answer_under_way) {
      plain_->reset_on_close();
    }
    if (tls_ && !alert_sent_) {
      tls_->reset_on_close();
    }
  } else if (!was_open && tls_) {
    tls_->reset_on_close();  // a dial given up: nothing was promised
  }
  drop_handshake();
  session_.reset();
  early_.release();
  tls_held_.release();
  lookup_.reset();
  timer_.reset();
  hangup_timer_.reset();
  plain_.reset();
  tls_.reset();
  return true;
}

void Connection::on_handle_closed() {
  if (--open_handles_ == 0) {
    worker_.release(*this);  // frees this
  }
}

void Connection::log_open() {
  log::Fields fields{{"id", id_}, {"client", client_}, {"target", target_}};
  add_session(fields);
  service_->logger().info("connection open", fields);
}

void Connection::add_session(log::Fields& fields) const {
  if (!session_) {
    return;
  }
  const tls::SessionInfo& info = session_->info();
  fields.emplace_back("tls_version", to_string(info.version));
  fields.emplace_back("cipher_suite", info.cipher_suite);
  fields.emplace_back("resumed", info.resumed);
  fields.emplace_back("handshake_ms", handshake_time_.count());
  if (!info.peer.empty()) {
    fields.emplace_back("peer", info.peer);
  }
  if (!info.alpn.empty()) {
    fields.emplace_back("alpn", info.alpn);
  }
}

void Connection::log_close(Reason reason, const std::string& error) {
  log::Fields fields{{"id", id_}, {"reason", to_string(reason)}, {"client", client_}};
  if (!target_.empty()) {
    fields.emplace_back("target", target_);
  }
  add_session(fields);
  const auto [up, down] = dials_tls() ? std::pair(plain_to_tls_.bytes, tls_to_plain_.bytes)
                                      : std::pair(tls_to_plain_.bytes, plain_to_tls_.bytes);
  fields.emplace_back("bytes_up", up);
  fields.emplace_back("bytes_down", down);
  fields.emplace_back("duration_ms", (net::precise_now() - started_).count());
  if (reason == Reason::verify_failed) {
    fields.emplace_back("verify_reason", verify_reason_);
  }
  if (!error.empty()) {
    fields.emplace_back("error", error);
  }
  service_->logger().info("connection closed", fields);
}

}  // namespace persona::forward
