// ECDSA signatures in the form that TLS has them, from the form that keys elsewhere give.
#pragma once

#include <cstddef>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"

namespace persona::pk {

inline constexpr std::size_t most_more_in_der = 9;

/// Writes the ECDSA-Sig-Value in DER (RFC 3279 section 2.2.3) of a signature that is r and s one after the
/// other, big-endian, each as long as the curve's order: what PKCS#11 (CKM_ECDSA) and Windows
/// (NCryptSignHash) give. Returns its size: at most most_more_in_der bytes more than `raw`. Fails if these
/// are no two numbers above zero of a curve of at most 521 bits, or `der` is too small. The two may overlap.
Result<std::size_t> der_of_raw(ByteView raw, ByteSpan der);

}  // namespace persona::pk
