// Rules that one certificate keeps or breaks by itself (RFC 5280 section 4, and for gateways the CA/Browser
// Forum's baseline requirements).
#pragma once

#include <optional>

#include "path_checks.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/extensions.hpp"

namespace persona::trust {

/// Where a certificate stands in its path.
enum class Position { leaf, intermediate, anchor };

/// The first rule broken, in words that fit behind the certificate's name in a sentence.
struct Defect {
  VerifyReason reason = VerifyReason::bad_extension;
  std::string predicate;
};

/// What all certificates have in common: version, serial, key identifiers, critical extensions.
std::optional<Defect> common_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position);

/// basicConstraints, keyUsage and extendedKeyUsage of a certificate that has issued another.
std::optional<Defect> issuer_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position, PeerRole role);

/// Usages, names and constraints of a leaf.
std::optional<Defect> leaf_defect(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions,
                                  PeerRole role);

}  // namespace persona::trust
