// Why a peer is refused, in one word that does not change between releases (verify_reason in the log).
#pragma once

#include <string_view>

namespace persona::trust {

/// What a certificate is refused for, gravest first: of several reasons, the log gives the first.
enum class VerifyReason {
  ok,
  no_certificate,    ///< where one is required
  malformed,         ///< cannot be read, or is not X.509 version 3
  untrusted_issuer,  ///< no path leads to trust.ca
  self_signed,       ///< and not in trust.ca
  bad_signature,     ///< the issuer of that name did not sign it
  too_deep,          ///< too many certificates, or too much work
  revoked,
  crl_missing,  ///< trust.crl has CRLs, but none of its issuer
  crl_invalid,  ///< the CRL is not signed by the issuer, or breaks RFC 5280
  crl_expired,
  expired,
  not_yet_valid,
  weak_signature,
  weak_key,  ///< too weak, too costly to use, or of a kind that we do not use
  not_a_ca,  ///< an issuer that may not issue
  path_length,
  name_constraint,
  unsupported_critical_extension,
  bad_extension,  ///< breaks RFC 5280 or, for gateways, the CA/Browser Forum's baseline requirements
  key_usage,
  extended_key_usage,
  name_mismatch,
  pin_mismatch,
  not_allowed,  ///< clients.allow
};

/// "untrusted_issuer": the enumerator's name.
std::string_view to_string(VerifyReason reason);

}  // namespace persona::trust
