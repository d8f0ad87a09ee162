#include "refusal_alert.hpp"

#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

namespace persona::tls {

std::uint8_t refusal_alert(trust::VerifyReason reason) {
  using trust::VerifyReason;
  switch (reason) {
    case VerifyReason::no_certificate:
      return MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED;
    case VerifyReason::untrusted_issuer:
    case VerifyReason::self_signed:
    case VerifyReason::bad_signature:  // signed by another CA with the name of a trusted one
      return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    case VerifyReason::revoked:
      return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
    case VerifyReason::expired:
    case VerifyReason::not_yet_valid:
      return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;  // "or is not currently valid"
    case VerifyReason::malformed:
    case VerifyReason::weak_signature:  // RFC 8446 section 4.4.2.4
    case VerifyReason::weak_key:
    case VerifyReason::name_mismatch:
      return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
    case VerifyReason::key_usage:
    case VerifyReason::extended_key_usage:
      return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    case VerifyReason::pin_mismatch:
    case VerifyReason::not_allowed:
      return MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED;
    case VerifyReason::ok:
    case VerifyReason::too_deep:
    case VerifyReason::crl_missing:
    case VerifyReason::crl_invalid:
    case VerifyReason::crl_expired:
    case VerifyReason::not_a_ca:
    case VerifyReason::path_length:
    case VerifyReason::name_constraint:
    case VerifyReason::unsupported_critical_extension:
    case VerifyReason::bad_extension:
      break;
  }
  return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;  // "some other (unspecified) issue"
}

std::uint32_t refusal_flags(trust::VerifyReason reason) {
  switch (refusal_alert(reason)) {
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
      return MBEDTLS_X509_BADCERT_CN_MISMATCH;
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
      return MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
      return MBEDTLS_X509_BADCERT_REVOKED;
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
      return MBEDTLS_X509_BADCERT_EXPIRED;
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
      return MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
      return MBEDTLS_X509_BADCERT_OTHER;
    default:
      return MBEDTLS_X509_BADCERT_NS_CERT_TYPE;  // any flag for which mbedTLS sends certificate_unknown
  }
}

}  // namespace persona::tls
