// The open session: seal, open, close. The handshake is in handshake.cpp.
#include "persona/tls/engine.hpp"

#include <array>
#include <utility>

#include <mbedtls/error.h>

#include "persona/base/address.hpp"
#include "persona/identity/identity.hpp"
#include "ssl.hpp"

namespace persona::tls {

namespace {

constexpr unsigned most_renegotiation_requests = 4;

}  // namespace

Engine::Engine(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(std::shared_ptr<const Context> context,
                                               const std::string& server_name) {
  std::unique_ptr<Engine> engine(new Engine(std::move(context)));
  const Role role = engine->context_->options().role;
  std::optional<std::string> expected_name;
  if (role == Role::client) {
    expected_name = server_name;
  }
  const auto& trust = engine->context_->options().trust;
  engine->ssl_ = std::make_unique<Ssl>(
      identity::PeerVerifier(std::string(peer_word(role)), expected_name, trust ? &trust->roots() : nullptr));
  mbedtls_ssl_context* ssl = &engine->ssl_->context;
  if (int code = mbedtls_ssl_setup(ssl, engine->context_->config()); code != 0) {
    return persona::fail(ErrorKind::internal, "cannot set up a TLS session (mbedTLS -0x{:04x})", -code);
  }
  if (role == Role::client) {
    // A null name tells mbedTLS that the name is checked elsewhere: by the PeerVerifier.
    std::string sni = server_name;
    if (!sni.empty() && sni.back() == '.') {
      sni.pop_back();
    }
    const bool numeric = IpAddress::parse(server_name).has_value();
    if (int code = mbedtls_ssl_set_hostname(ssl, numeric ? nullptr : sni.c_str()); code != 0) {
      return persona::fail(ErrorKind::internal, "cannot use the name {} (mbedTLS -0x{:04x})", server_name,
                           -code);
    }
  }
  return engine;
}

bool Engine::seal(ByteView plaintext, Buffer& output) {
  if (failure_ || !established_ || close_notify_sent_) {
    return false;
  }
  ssl_->output = &output;
  while (!plaintext.empty()) {
    const int written = mbedtls_ssl_write(&ssl_->context, plaintext.data(), plaintext.size());
    if (written <= 0) {
      // The output never refuses, so this is no WANT_WRITE but a real failure (an exhausted sequence number,
      // memory).
      fail({Failure::Kind::protocol_error, fmt::format("cannot encrypt (mbedTLS -0x{:04x})", -written)});
      break;
    }
    plaintext = plaintext.subspan(static_cast<std::size_t>(written));
  }
  ssl_->output = nullptr;
  return !failure_;
}

Status Engine::open(ByteView input, Buffer& plaintext, Buffer& output) {
  if (failure_ || !established_) {
    return Status::failed;
  }
  ssl_->input = input;
  ssl_->output = &output;
  Status status = Status::want_input;
  for (;;) {
    const ByteSpan space = plaintext.prepare(max_record_plaintext);
    const int count = mbedtls_ssl_read(&ssl_->context, space.data(), space.size());
    if (count > 0) {
      plaintext.commit(static_cast<std::size_t>(count));
      received_data_ = true;
    } else if (count == MBEDTLS_ERR_SSL_WANT_READ) {
      // Also returned for an ignored warning alert, with input left.
      if (ssl_->input.empty()) {
        break;
      }
    } else if (count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
      status = Status::closed;
      break;
    } else if (count != 0 && count != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      // Zero is an empty record here: the input callback never reports an end.
      status = fail_open(count);
      break;
    }
  }
  // An open session answers by itself only to refuse renegotiation (TLS 1.2): a peer may ask, but not without
  // end.
  if (status == Status::want_input && !output.empty() &&
      ++refused_renegotiations_ > most_renegotiation_requests) {
    status = fail({Failure::Kind::protocol_error, fmt::format("the {} keeps asking for renegotiation",
                                                              peer_word(context_->options().role))});
  }
  ssl_->input = {};
  ssl_->output = nullptr;
  return status;
}

Status Engine::fail_open(int code) {
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
    return fail(describe_alert(ssl_->received_alert()));
  }
  if (ssl_->output->empty()) {
    // mbedTLS sends an alert of its own for a wrong MAC only. Where this one cannot be sent the caller
    // resets.
    static_cast<void>(mbedtls_ssl_send_alert_message(&ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                                     MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE));
  }
  std::array<char, 160> words{};
  mbedtls_strerror(code, words.data(), words.size());
  return fail(
      {Failure::Kind::protocol_error, fmt::format("the {} broke the TLS protocol: {} (mbedTLS -0x{:04x})",
                                                  peer_word(context_->options().role), words.data(), -code)});
}

Failure Engine::describe_alert(std::uint8_t description) const {
  const Role role = context_->options().role;
  const std::string message = explain_alert(role, description, our_certificate());
  if (role == Role::client && is_certificate_alert(description) && !received_data_) {
    // In TLS 1.3 a server judges our certificate after our handshake has ended (golang/go #28779).
    return {Failure::Kind::client_certificate_refused, message};
  }
  return {established_ ? Failure::Kind::peer_alert : Failure::Kind::handshake_failed, message};
}

std::string Engine::our_certificate() const {
  const auto& identity = context_->options().identity;
  if (!identity) {
    return {};
  }
  const identity::CertificateInfo info = identity::describe(*identity->chain().get());
  return fmt::format("{}, issued by {}", info.subject, info.issuer);
}

void Engine::close_notify(Buffer& output) {
  if (close_notify_sent_ || failure_ || !established_) {
    return;
  }
  close_notify_sent_ = true;
  ssl_->output = &output;
  if (int code = mbedtls_ssl_close_notify(&ssl_->context); code != 0) {
    fail({Failure::Kind::protocol_error, fmt::format("cannot send close_notify (mbedTLS -0x{:04x})", -code)});
  }
  ssl_->output = nullptr;
}

void Engine::abort(Buffer& output) {
  if (failure_ || close_notify_sent_) {
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

Status Engine::fail(Failure failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  return Status::failed;
}

}  // namespace persona::tls
