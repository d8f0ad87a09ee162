#include "persona/trust/verify_reason.hpp"

namespace persona::trust {

std::string_view to_string(VerifyReason reason) {
  switch (reason) {
    case VerifyReason::ok:
      return "ok";
    case VerifyReason::no_certificate:
      return "no_certificate";
    case VerifyReason::malformed:
      return "malformed";
    case VerifyReason::untrusted_issuer:
      return "untrusted_issuer";
    case VerifyReason::self_signed:
      return "self_signed";
    case VerifyReason::bad_signature:
      return "bad_signature";
    case VerifyReason::too_deep:
      return "too_deep";
    case VerifyReason::revoked:
      return "revoked";
    case VerifyReason::crl_missing:
      return "crl_missing";
    case VerifyReason::crl_invalid:
      return "crl_invalid";
    case VerifyReason::crl_expired:
      return "crl_expired";
    case VerifyReason::expired:
      return "expired";
    case VerifyReason::not_yet_valid:
      return "not_yet_valid";
    case VerifyReason::weak_signature:
      return "weak_signature";
    case VerifyReason::weak_key:
      return "weak_key";
    case VerifyReason::not_a_ca:
      return "not_a_ca";
    case VerifyReason::path_length:
      return "path_length";
    case VerifyReason::name_constraint:
      return "name_constraint";
    case VerifyReason::unsupported_critical_extension:
      return "unsupported_critical_extension";
    case VerifyReason::bad_extension:
      return "bad_extension";
    case VerifyReason::key_usage:
      return "key_usage";
    case VerifyReason::extended_key_usage:
      return "extended_key_usage";
    case VerifyReason::name_mismatch:
      return "name_mismatch";
    case VerifyReason::pin_mismatch:
      return "pin_mismatch";
    case VerifyReason::not_allowed:
      return "not_allowed";
  }
  return "unknown";
}

}  // namespace persona::trust
