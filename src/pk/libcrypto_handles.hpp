// What libcrypto allocates, each with one owner; our library context; numbers and keys as libcrypto wants
// them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string>

#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>

namespace persona::pk {

struct LibcryptoDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }  // clears private numbers: BN_clear_free
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Libcrypto = std::unique_ptr<T, LibcryptoDeleter>;

/// Of our own, with nothing but the default provider, which is part of libcrypto: no configuration file is
/// read and no module is opened, whatever the environment says. Null until start_libcrypto() has succeeded;
/// never freed, because threads that end late still have something in it.
OSSL_LIB_CTX* libcrypto_context();

/// "SHA256", "SHA384", "SHA512", fetched once.
const EVP_MD* libcrypto_digest(std::size_t size);

/// Why libcrypto failed last on this thread, in its words; its list of errors is empty afterwards.
std::string libcrypto_reason();

/// "P-256", "P-384" or "P-521"; null for other curves, which mbedTLS does.
const char* libcrypto_curve(mbedtls_ecp_group_id id);

/// A public number. Null: out of memory.
Libcrypto<BIGNUM> libcrypto_number(const mbedtls_mpi& number);

inline constexpr std::size_t most_number_octets =
    1024;  // RSA of 8192 bits, the most that mbedTLS and key_bounds.hpp take
inline constexpr std::size_t most_point_octets = 1 + 2 * 66;  // P-521

/// Zeroised when it goes.
template <std::size_t size>
struct WipedBuffer {
  WipedBuffer() = default;
  ~WipedBuffer() { mbedtls_platform_zeroize(octets.data(), size); }
  WipedBuffer(const WipedBuffer&) = delete;
  WipedBuffer& operator=(const WipedBuffer&) = delete;

  std::array<unsigned char, size> octets{};
};

}  // namespace persona::pk
