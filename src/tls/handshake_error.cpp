#include "handshake_error.hpp"

#include <fmt/format.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>

#include "persona/identity/identity.hpp"
#include "persona/pk/signer.hpp"
#include "persona/tls/failure.hpp"
#include "persona/x509/odd_certificate.hpp"
#include "persona/x509/words.hpp"

namespace persona::tls {

namespace {

constexpr std::size_t kibibyte = 1024;

std::string lacks_signature(const Ssl& ssl, const ContextOptions& options) {
  const bool tls12 = mbedtls_ssl_get_version_number(&ssl.context) == MBEDTLS_SSL_VERSION_TLS1_2;
  const std::string key = x509::describe(*options.identity->chain().get()).key;
  const auto peer = peer_word(options.role);
  if (tls12) {
    return fmt::format(
        "the {} accepts no signature that our key ({}) can make in TLS 1.2: have it accept "
        "SHA-256, SHA-384 or SHA-512 with this kind of key, or TLS 1.3",
        peer, key);
  }
  return fmt::format(
      "the {} accepts no signature that our key ({}) can make in TLS 1.3: have it accept {}, or "
      "use another kind of key",
      peer, key,
      key.substr(0, 3) == "RSA" ? "RSA-PSS with SHA-256, SHA-384 or SHA-512"
                                : "ECDSA with the curve and hash of this key");
}

/// Nothing is in common, but for what has been agreed upon before.
std::optional<std::string> explain_handshake_failure(const Ssl& ssl, const ContextOptions& options) {
  if (options.identity && ssl.lacks_signature_algorithm()) {
    return lacks_signature(ssl, options);
  }
  const auto peer = peer_word(options.role);
  if (options.role == Role::client) {
    return fmt::format("the {} chose a key exchange that cannot be used: compare tls.groups and tls.ciphers",
                       peer);
  }
  if (ssl.lacks_group()) {
    return fmt::format("no key exchange group in common with the {}: compare tls.groups", peer);
  }
  if (ssl.negotiated_suite() == 0) {
    return mbedtls_ssl_get_version_number(&ssl.context) == MBEDTLS_SSL_VERSION_TLS1_2
               ? fmt::format(
                     "no TLS 1.2 cipher suite in common with the {} that fits our key and a common "
                     "group and signature algorithm: compare tls.ciphers and tls.groups",
                     peer)
               : fmt::format("no TLS 1.3 cipher suite in common with the {}: compare tls.ciphers", peer);
  }
  return fmt::format("no signature algorithm in common with the {}", peer);
}

/// PSA's answer to a public key that is no point of the group, or to a shared secret that is zero.
bool is_bad_share(const Ssl& ssl, int code) {
  return code == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && ssl.deriving_secret();
}

}  // namespace

std::uint8_t alert_for(const Ssl& ssl, int code) {
  switch (code) {
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
    case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
      return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
    case MBEDTLS_ERR_SSL_DECODE_ERROR:
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
    case MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL:
      return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION:
      return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
      return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL:
      return MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL;
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
      return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_SSL_INTERNAL_ERROR:
    case MBEDTLS_ERR_SSL_HW_ACCEL_FAILED:
    case MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED:
      return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
    default:
      return is_bad_share(ssl, code) ? MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER
                                     : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
  }
}

std::optional<std::string> explain_error(const Ssl& ssl, const ContextOptions& options, int code) {
  const auto peer = peer_word(options.role);
  const auto broke = [&](const char* what) {
    return fmt::format("the {} broke the TLS protocol in the handshake: {} (mbedTLS -0x{:04x})", peer, what,
                       -code);
  };
  switch (code) {
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
      return fmt::format("no TLS version in common with the {}: compare tls.min_version and tls.max_version",
                         peer);
    case MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED:
      return fmt::format("our private key could not sign: {}", pk::take_failure());
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
      return explain_handshake_failure(ssl, options);
    case MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL:
#ifdef MBEDTLS_SSL_MAX_HANDSHAKE_LEN
      return fmt::format(
          "a handshake message of the {} is longer than {} KiB, the most that is accepted: look "
          "at its certificate chain, and at the list of CAs that it sends",
          peer, MBEDTLS_SSL_MAX_HANDSHAKE_LEN / kibibyte);
#else  // mbedTLS without our patch: no message may be longer than a record
      return fmt::format(
          "a handshake message is longer than {} KiB, the most that this build's mbedTLS can "
          "send or receive: shorten the certificate chains",
          MBEDTLS_SSL_IN_CONTENT_LEN / kibibyte);
#endif
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
      if (ssl.sends_nothing_useful()) {
        return broke(
            ssl.received.empty() > RecordWatch::most_empty
                ? "it keeps sending records that are no part of a handshake (change_cipher_spec, alerts)"
                : "it sent change_cipher_spec before its ClientHello");
      }
      return broke("it sent a message that does not belong there");
    case MBEDTLS_ERR_SSL_DECODE_ERROR:
      return broke("it sent a message that cannot be read");
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
      return broke("it sent a value that was not offered, or is not allowed");
    case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION:
      return broke("it sent an extension that was not asked for");
    default:
      if (is_bad_share(ssl, code)) {
        return broke("its share of the key exchange is not a valid one");
      }
      return std::nullopt;
  }
}

std::string explain_unreadable(const Ssl& ssl, Role role, int code) {
  const auto odd = x509::describe_odd_certificate(ssl.unreadable_leaf());
  if (!odd || odd->why.empty()) {
    return fmt::format("a certificate that the {} sent cannot be read: {}", peer_word(role),
                       x509::mbedtls_reason(code));
  }
  return fmt::format(
      "the {}'s certificate {}, which is not supported (keys are RSA, or EC on P-256, P-384 or P-521): {}",
      peer_word(role), odd->why, odd->name);
}

}  // namespace persona::tls
