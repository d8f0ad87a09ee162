// Stage 3: the TLS handshake. No application byte moves before the engine says that the peer is verified.
#include <utility>

#include "persona/forward/connection.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

Reason reason_of(const tls::Failure& failure) {
  switch (failure.kind) {
    case tls::Failure::Kind::handshake_failed:
      return Reason::handshake_failed;
    case tls::Failure::Kind::verify_failed:
      return Reason::verify_failed;
    case tls::Failure::Kind::client_certificate_refused:
      return Reason::client_certificate_refused;
    case tls::Failure::Kind::peer_alert:
      return Reason::gateway_reset;
    case tls::Failure::Kind::protocol_error:
      return Reason::protocol_error;
  }
  return Reason::protocol_error;
}

}  // namespace

void Connection::begin_handshake(const std::string& server_name) {
  state_ = State::handshaking;
  handshake_started_ = net::precise_now();
  handshake_bytes_ = 0;
  tls_broken_.reset();
  auto engine = tls::Engine::create(service_->tls(), server_name);
  if (!engine) {
    handshake_failed(Reason::handshake_failed, engine.error().message);
    return;
  }
  engine_ = std::move(*engine);
  const Milliseconds timeout = service_->config().timeouts.handshake;
  if (timeout.count() > 0) {
    timer_->start(timeout, [this, timeout] {
      handshake_failed(Reason::handshake_timeout,
                       fmt::format("the {} did not finish the TLS handshake within timeouts.handshake ({})",
                                   tls_peer(), format_duration(timeout)));
    });
  }
  if (dials_tls()) {
    if (int error = tls_->start_reading(); error != 0) {
      handshake_failed(Reason::gateway_reset, net::error_words(error));
      return;
    }
    continue_handshake({});
  }
}

void Connection::continue_handshake(ByteView received) {
  handshake_bytes_ += received.size();
  Buffer& records = worker_.records();
  records.clear();
  const tls::Status status = engine_->handshake(received, records);
  send_records();
  switch (status) {
    case tls::Status::want_input:
      return;
    case tls::Status::established:
      timer_->stop();
      handshake_time_ = net::precise_now() - handshake_started_;
      if (dials_tls()) {
        service_->targets().succeeded(order_[attempt_]);
        open(received);
      } else {
        early_.append(received);  // what came with the last handshake bytes waits for the dial
        dial();
      }
      return;
    case tls::Status::closed:
    case tls::Status::failed:
      fail_engine();
      return;
  }
}

void Connection::send_records() {
  const ByteView records = worker_.records().view();
  if (records.empty() || tls_broken_) {
    return;
  }
  if (auto written = tls_->write(records); !written) {
    tls_write_failed(written.error());
  }
}

void Connection::fail_engine() {
  const tls::Failure failure = *engine_->failure();
  // Sent by send_records(), unless it waits behind what the peer does not take.
  alert_sent_ = !worker_.records().empty() && !tls_broken_ && !tls_->writing();
  if (state_ == State::handshaking) {
    handshake_failed(reason_of(failure), failure.message);
  } else {
    close(reason_of(failure), failure.message);
  }
}

void Connection::handshake_ended(int status) {
  if (status != 0 || tls_broken_) {
    handshake_failed(Reason::gateway_reset,
                     fmt::format("the {} reset the connection during the TLS handshake: {}", tls_peer(),
                                 status != 0 ? net::error_words(status) : *tls_broken_));
  } else if (handshake_bytes_ > 0) {
    handshake_failed(Reason::handshake_failed,
                     fmt::format("the {} closed the connection during the TLS handshake", tls_peer()));
  } else if (dials_tls()) {
    handshake_failed(
        Reason::handshake_failed,
        "the gateway closed the connection without answering the TLS handshake: is it a TLS port?");
  } else {
    close(Reason::gateway_closed);  // a port check: connected and left without a word
  }
}

void Connection::handshake_failed(Reason reason, const std::string& error) {
  if (dials_tls()) {
    engine_.reset();
    attempt_failed(reason, error);
  } else {
    close(reason, error);
  }
}

}  // namespace persona::forward
