#include "mbedtls_session.hpp"

#include <array>
#include <utility>

#include "peer_alert.hpp"
#include "persona/tls/record.hpp"
#include "persona/x509/words.hpp"

namespace persona::tls {

namespace {

// Each request makes mbedTLS send a no_renegotiation alert: a peer must not make us answer without limit.
constexpr unsigned most_renegotiation_requests = 4;

}  // namespace

MbedtlsSession::MbedtlsSession(std::shared_ptr<const Context> context, SessionInfo info,
                               std::unique_ptr<Ssl> ssl)
    : Session(std::move(info)), context_(std::move(context)), ssl_(std::move(ssl)) {}

bool MbedtlsSession::seal(ByteView plaintext, Buffer& output) {
  if (failure() != nullptr || close_notify_sent_) {
    return false;
  }
  ssl_->output = &output;
  while (!plaintext.empty()) {
    const int written = mbedtls_ssl_write(&ssl_->context, plaintext.data(), plaintext.size());
    if (written <= 0) {
      // The output takes everything, so this is never WANT_WRITE but a real failure (an exhausted sequence
      // number, out of memory).
      fail({Failure::Kind::protocol_error, fmt::format("cannot encrypt (mbedTLS -0x{:04x})", -written)});
      break;
    }
    plaintext = plaintext.subspan(static_cast<std::size_t>(written));
  }
  ssl_->output = nullptr;
  return failure() == nullptr;
}

Status MbedtlsSession::open(ByteSpan& input, Plaintext& plaintext, Buffer& output) {
  if (failure() != nullptr) {
    return Status::failed;
  }
  ssl_->input = std::exchange(input, {});  // mbedTLS keeps an incomplete record itself
  ssl_->output = &output;
  output_before_ = output.size();
  Status status = read_all(plaintext.copied);
  // While reading, mbedTLS writes something only to refuse renegotiation.
  if (status == Status::want_input && output.size() > output_before_ &&
      ++refused_renegotiations_ > most_renegotiation_requests) {
    status = fail(
        {Failure::Kind::protocol_error,
         fmt::format("the {} keeps asking to renegotiate the TLS 1.2 session, which is never done: have it "
                     "ask for the certificate in the first handshake, or use TLS 1.3",
                     peer_word(context_->options().role))});
  }
  if (!plaintext.copied.empty()) {
    plaintext.pieces.push_back(plaintext.copied.view());
  }
  ssl_->input = {};
  ssl_->output = nullptr;
  return status;
}

Status MbedtlsSession::read_all(Buffer& plaintext) {
  for (;;) {
    const ByteSpan space = plaintext.prepare(max_record_plaintext);
    const int count = mbedtls_ssl_read(&ssl_->context, space.data(), space.size());
    if (count > 0) {
      plaintext.commit(static_cast<std::size_t>(count));
      received_data_ = true;
    } else if (count == MBEDTLS_ERR_SSL_WANT_READ) {
      // With input left: mbedTLS ignored a warning alert.
      if (ssl_->input.empty()) {
        return Status::want_input;
      }
    } else if (count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
      return Status::closed;
    } else if (count != 0) {
      // Zero means an empty record: the input callback never reports an end.
      return fail_open(count);
    }
  }
}

Status MbedtlsSession::fail_open(int code) {
  const bool answered = ssl_->output->size() > output_before_;
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
    Failure failure = received_alert(*context_, ssl_->received_alert(), stage_of_session(received_data_));
    if ((refused_renegotiations_ > 0 || answered) && failure.kind == Failure::Kind::peer_alert) {
      failure.message = fmt::format(
          "the {} wanted to renegotiate the TLS 1.2 session, which is never done, and ended it: have it "
          "ask for the certificate in the first handshake, or use TLS 1.3 (alert {})",
          peer_word(context_->options().role), alert_name(ssl_->received_alert()));
    }
    return fail(std::move(failure));
  }
  if (!answered) {
    // mbedTLS itself sends an alert only for a wrong MAC. If this one cannot be sent, the caller's reset must
    // do.
    static_cast<void>(mbedtls_ssl_send_alert_message(&ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                                     MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE));
  }
  return fail({Failure::Kind::protocol_error,
               fmt::format("the {} broke the TLS protocol: {} (mbedTLS -0x{:04x})",
                           peer_word(context_->options().role), x509::mbedtls_reason(code), -code)});
}

void MbedtlsSession::close_notify(Buffer& output) {
  if (close_notify_sent_ || failure() != nullptr) {
    return;
  }
  close_notify_sent_ = true;
  ssl_->output = &output;
  if (int code = mbedtls_ssl_close_notify(&ssl_->context); code != 0) {
    fail({Failure::Kind::protocol_error, fmt::format("cannot send close_notify (mbedTLS -0x{:04x})", -code)});
  }
  ssl_->output = nullptr;
}

void MbedtlsSession::abort(Buffer& output) {
  if (failure() != nullptr || close_notify_sent_) {
    return;
  }
  close_notify_sent_ = true;  // RFC 8446 section 6.2: nothing may follow a fatal alert
  ssl_->output = &output;
  if (int code = mbedtls_ssl_send_alert_message(&ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                                MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
      code != 0) {
    fail({Failure::Kind::protocol_error, fmt::format("cannot send an alert (mbedTLS -0x{:04x})", -code)});
  }
  ssl_->output = nullptr;
}

}  // namespace persona::tls
