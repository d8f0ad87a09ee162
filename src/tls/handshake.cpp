// The handshake: drive mbedTLS until the peer is verified, or say in words why not.
#include <algorithm>
#include <array>

#include <mbedtls/error.h>

#include "persona/tls/engine.hpp"
#include "ssl.hpp"

namespace persona::tls {

namespace {

/// RFC 8446 section 6.2.
std::uint8_t refusal_alert(bool absent, std::uint32_t verification_flags) {
  if (absent) {
    return MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED;
  }
  if ((verification_flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
  }
  if ((verification_flags & MBEDTLS_X509_BADCERT_REVOKED) != 0) {
    return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
  }
  if ((verification_flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) != 0) {
    return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
  }
  return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

}  // namespace

Status Engine::handshake(ByteView& input, Buffer& output) {
  if (failure_) {
    return Status::failed;
  }
  note_first_bytes(input);
  ssl_->input = input;
  ssl_->output = &output;
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  do {
    code = mbedtls_ssl_handshake(&ssl_->context);
    // WANT_READ with input left follows an ignored warning alert.
  } while (code == MBEDTLS_ERR_SSL_WANT_READ && !ssl_->input.empty());
  input = ssl_->input;
  ssl_->input = {};

  Status status = Status::want_input;
  if (code == 0) {
    status = judge_peer();
  } else if (code != MBEDTLS_ERR_SSL_WANT_READ) {
    status = fail_handshake(code);
  }
  ssl_->output = nullptr;
  return status;
}

// The handshake is complete; the session is established only if the peer is who it has to be. For a client
// mbedTLS has decided the same already.
Status Engine::judge_peer() {
  // A certificate that the verifier was never shown (mbedTLS gives up on a chain before that) is not an
  // absent one.
  const bool absent = !ssl_->verifier.leaf_seen() && mbedtls_ssl_get_peer_cert(&ssl_->context) == nullptr;
  const bool absence_allowed = context_->options().role == Role::server &&
                               context_->options().peer_certificate != PeerCertificate::required;
  // mbedTLS may have findings of its own after the callback: a curve that tls.groups does not have, say.
  const bool verified = ssl_->verifier.passed() && mbedtls_ssl_get_verify_result(&ssl_->context) == 0;
  if (absent ? absence_allowed : verified) {
    established_ = true;
    read_session_info();
    return Status::established;
  }
  Failure failure{Failure::Kind::verify_failed,
                  absent ? fmt::format("the {} presented no certificate", peer_word(context_->options().role))
                         : refusal_sentence()};
  const int sent = mbedtls_ssl_send_alert_message(&ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                                  refusal_alert(absent, ssl_->verifier.flags()));
  if (sent != 0) {
    failure.message += fmt::format("; the alert could not be sent (mbedTLS -0x{:04x})", -sent);
  }
  return fail(std::move(failure));
}

std::string Engine::refusal_sentence() const {
  if (ssl_->verifier.passed()) {
    return fmt::format("the {}'s certificate has a key that is not accepted: is its curve in tls.groups?",
                       peer_word(context_->options().role));
  }
  return ssl_->verifier.explain();
}

Status Engine::fail_handshake(int code) {
  const Role role = context_->options().role;
  const auto peer = peer_word(role);
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
    return fail(describe_alert(ssl_->received_alert()));
  }
  if (const auto alert = ssl_->unprotected_alert(); code == MBEDTLS_ERR_SSL_INVALID_MAC && alert) {
    return fail(describe_alert(*alert));
  }
  // Before anything else: a certificate that we refuse explains every code that may follow from it.
  if (ssl_->verifier.leaf_seen() && !ssl_->verifier.passed()) {
    return fail({Failure::Kind::verify_failed, ssl_->verifier.explain()});
  }
  switch (code) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_X509_FATAL_ERROR:
      return fail({Failure::Kind::verify_failed, fmt::format("the {}'s certificate does not verify", peer)});
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
      if (ssl_->verifier.leaf_seen()) {
        return fail({Failure::Kind::verify_failed, refusal_sentence()});
      }
      break;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
      return fail(
          {Failure::Kind::handshake_failed,
           fmt::format("no TLS version in common with the {}: compare tls.min_version and tls.max_version",
                       peer)});
    default:
      break;
  }
  if (auto sentence = explain_not_tls(role, first_bytes_, first_count_)) {
    return fail({Failure::Kind::handshake_failed, std::move(*sentence)});
  }
  std::array<char, 160> words{};
  mbedtls_strerror(code, words.data(), words.size());
  return fail(
      {Failure::Kind::handshake_failed,
       fmt::format("TLS handshake with the {} failed: {} (mbedTLS -0x{:04x})", peer, words.data(), -code)});
}

void Engine::note_first_bytes(ByteView input) {
  const std::size_t taken = std::min(input.size(), sizeof first_bytes_ - first_count_);
  std::copy_n(input.data(), taken, first_bytes_ + first_count_);
  first_count_ += taken;
}

void Engine::read_session_info() {
  const mbedtls_ssl_context* ssl = &ssl_->context;
  info_.version = mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2 ? TlsVersion::tls12
                                                                                    : TlsVersion::tls13;
  const int suite = mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl);
  if (const CipherSuite* known = find_cipher_suite(static_cast<std::uint16_t>(suite))) {
    info_.cipher_suite = known->name;
  }
  if (const char* protocol = mbedtls_ssl_get_alpn_protocol(ssl)) {
    info_.alpn = protocol;
  }
  info_.peer = ssl_->verifier.peer_name();
}

}  // namespace persona::tls
