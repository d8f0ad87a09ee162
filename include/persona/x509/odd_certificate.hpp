// Certificates that mbedTLS does not parse: whose they are, and what is odd about them.
#pragma once

#include <optional>
#include <string>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

struct OddCertificate {
  std::string name;  ///< "CN=Odd CA", or "serial 4A:0F" without a subject
  std::string why;   ///< a predicate: "has an Ed25519 key"; empty if nothing is odd that we know
};

/// Reads only what names a certificate (RFC 5280 section 4.1) by our own DER reader. Nothing for what is no
/// certificate, or is damaged. Not for verification.
std::optional<OddCertificate> describe_odd_certificate(ByteView der);

}  // namespace persona::x509
