#include "ml_kem.hpp"

#ifdef PERSONA_ML_KEM

#include <array>
#include <cstdint>

#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>

#include "ml_kem_libcrux.h"

namespace persona::tls {

namespace {

static_assert(MBEDTLS_SSL_MLKEM768_ENCAPSULATION_KEY_LEN == persona_ml_kem_768_encapsulation_key);
static_assert(MBEDTLS_SSL_MLKEM768_DECAPSULATION_KEY_LEN == persona_ml_kem_768_decapsulation_key);
static_assert(MBEDTLS_SSL_MLKEM768_CIPHERTEXT_LEN == persona_ml_kem_768_ciphertext);
static_assert(MBEDTLS_SSL_MLKEM768_SHARED_SECRET_LEN == persona_ml_kem_768_shared_secret);

using Random = int (*)(void*, unsigned char*, std::size_t);

/// What a random number generator has given, wiped when it has been used.
template <std::size_t Size>
class Seed {
 public:
  Seed(Random random, void* context) : code_(random(context, bytes_.data(), Size)) {}
  ~Seed() { mbedtls_platform_zeroize(bytes_.data(), Size); }
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;

  int code() const { return code_; }  ///< the generator's: 0, or there is no seed
  const std::uint8_t* data() const { return bytes_.data(); }

 private:
  std::array<std::uint8_t, Size> bytes_{};
  int code_;
};

int generate(Random random, void* context, unsigned char* decapsulation_key) {
  const Seed<persona_ml_kem_768_key_seed> seed(random, context);
  if (seed.code() == 0) {
    persona_ml_kem_768_generate(seed.data(), decapsulation_key);
  }
  return seed.code();
}

int encapsulate(Random random, void* context, const unsigned char* encapsulation_key,
                unsigned char* ciphertext, unsigned char* shared_secret) {
  if (persona_ml_kem_768_is_key(encapsulation_key) == 0) {
    return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
  }
  const Seed<persona_ml_kem_768_encapsulation_seed> seed(random, context);
  if (seed.code() == 0) {
    persona_ml_kem_768_encapsulate(encapsulation_key, seed.data(), ciphertext, shared_secret);
  }
  return seed.code();
}

int decapsulate(const unsigned char* decapsulation_key, const unsigned char* ciphertext,
                unsigned char* shared_secret) {
  persona_ml_kem_768_decapsulate(decapsulation_key, ciphertext, shared_secret);
  return 0;
}

}  // namespace

const mbedtls_ssl_mlkem768* ml_kem_768() {
  static constexpr mbedtls_ssl_mlkem768 functions{&generate, &encapsulate, &decapsulate};
  return &functions;
}

}  // namespace persona::tls

#else

namespace persona::tls {

const mbedtls_ssl_mlkem768* ml_kem_768() {
  return nullptr;
}

}  // namespace persona::tls

#endif
