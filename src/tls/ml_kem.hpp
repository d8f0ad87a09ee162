// ML-KEM-768 for the group X25519MLKEM768 (RFC 10024), which mbedTLS calls:
// cmake/mbedtls-x25519mlkem768.patch.
#pragma once

struct mbedtls_ssl_mlkem768;

namespace persona::tls {

/// For mbedtls_ssl_conf_mlkem768: lives as long as the process, and is thread-safe. Null in a build without
/// libcrux or without our patch, whose named_groups() do not have the hybrid either.
const mbedtls_ssl_mlkem768* ml_kem_768();

}  // namespace persona::tls
