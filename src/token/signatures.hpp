// What PKCS#11's mechanisms take and give, and what TLS has instead.
#pragma once

#include "persona/base/bytes.hpp"
#include "persona/pk/signer.hpp"

namespace persona::token {

/// The DigestInfo that CKM_RSA_PKCS signs (RFC 8017 section 9.2, note 1).
Bytes digest_info(pk::Hash hash, ByteView digest);

/// What CKM_ECDSA signs of a digest: its leftmost bits, as many as the order of the curve has (FIPS 186-5
/// section 6.4.1). Tokens are to cut it themselves, and some refuse instead. `bits` is a multiple of 8 for
/// every curve whose order is shorter than a digest.
ByteView leftmost_bits(ByteView digest, std::size_t bits);

}  // namespace persona::token
