#include "ml_kem.hpp"

#ifdef PERSONA_ML_KEM

#include <array>
#include <cstdint>

#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>

#include "persona/pk/primitives.hpp"

namespace persona::tls {

namespace {

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
  const Seed<64> seed(random, context);
  if (seed.code() != 0) {
    return seed.code();
  }
  return pk::ml_kem_768()->generate(seed.data(), decapsulation_key) ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

int encapsulate(Random random, void* context, const unsigned char* encapsulation_key,
                unsigned char* ciphertext, unsigned char* shared_secret) {
  const Seed<32> seed(random, context);
  if (seed.code() != 0) {
    return seed.code();
  }
  return pk::ml_kem_768()->encapsulate(encapsulation_key, seed.data(), ciphertext, shared_secret)
             ? 0
             : MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
}

int decapsulate(const unsigned char* decapsulation_key, const unsigned char* ciphertext,
                unsigned char* shared_secret) {
  return pk::ml_kem_768()->decapsulate(decapsulation_key, ciphertext, shared_secret)
             ? 0
             : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
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
