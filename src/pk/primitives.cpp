#include "persona/pk/primitives.hpp"

#include <atomic>

#include <fmt/format.h>
#ifdef PERSONA_AWS_LC
// clang-format off
#include <mbedtls/ecp.h>
#include <everest/x25519.h>  // needs the one before
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
// clang-format on
#endif

#include "aws_lc.h"
#include "ml_kem_libcrux.h"

namespace persona::pk {

namespace {

#ifdef PERSONA_AWS_LC
constexpr bool has_aws_lc = true;
constexpr MlKem768 aws_lc_ml_kem_768{
    [](const std::uint8_t* seed, std::uint8_t* decapsulation_key) {
      return persona_aws_lc_generate(seed, decapsulation_key) != 0;
    },
    [](const std::uint8_t* encapsulation_key, const std::uint8_t* seed, std::uint8_t* ciphertext,
       std::uint8_t* shared_secret) {
      return persona_aws_lc_encapsulate(encapsulation_key, seed, ciphertext, shared_secret) != 0;
    },
    [](const std::uint8_t* decapsulation_key, const std::uint8_t* ciphertext, std::uint8_t* shared_secret) {
      return persona_aws_lc_decapsulate(decapsulation_key, ciphertext, shared_secret) != 0;
    }};
#else
constexpr bool has_aws_lc = false;
#endif

#ifdef PERSONA_LIBCRUX
constexpr MlKem768 libcrux_ml_kem_768{
    [](const std::uint8_t* seed, std::uint8_t* decapsulation_key) {
      persona_libcrux_generate(seed, decapsulation_key);
      return true;
    },
    [](const std::uint8_t* encapsulation_key, const std::uint8_t* seed, std::uint8_t* ciphertext,
       std::uint8_t* shared_secret) {
      return persona_libcrux_encapsulate(encapsulation_key, seed, ciphertext, shared_secret) != 0;
    },
    [](const std::uint8_t* decapsulation_key, const std::uint8_t* ciphertext, std::uint8_t* shared_secret) {
      persona_libcrux_decapsulate(decapsulation_key, ciphertext, shared_secret);
      return true;
    }};
constexpr const MlKem768* portable_ml_kem_768 = &libcrux_ml_kem_768;
#else
constexpr const MlKem768* portable_ml_kem_768 = nullptr;
#endif

std::atomic<const MlKem768*> ml_kem_768_in_use = portable_ml_kem_768;

}  // namespace

Primitives default_primitives() {
  return has_aws_lc ? Primitives::aws_lc : Primitives::portable;
}

bool primitives_available(Primitives provider) {
  return provider == Primitives::portable || has_aws_lc;
}

void use_primitives(Primitives provider) {
#ifdef PERSONA_AWS_LC
  const bool is_aws_lc = provider == Primitives::aws_lc;
  if (is_aws_lc) {
    persona_aws_lc_start(1);
  }
  mbedtls_x25519_set_hook(is_aws_lc ? &persona_aws_lc_x25519 : nullptr);
  mbedtls_sha256_set_hook(is_aws_lc ? &persona_aws_lc_sha256 : nullptr);
  mbedtls_sha512_set_hook(is_aws_lc ? &persona_aws_lc_sha512 : nullptr);
  ml_kem_768_in_use = is_aws_lc ? &aws_lc_ml_kem_768 : portable_ml_kem_768;
#else
  static_cast<void>(provider);
#endif
}

std::string describe_primitives(Primitives provider) {
  if (provider == Primitives::aws_lc) {
    return fmt::format("X25519, ML-KEM-768 and SHA-2: AWS-LC {}", PERSONA_AWS_LC_ORIGIN);
  }
  constexpr std::string_view libcrux = PERSONA_LIBCRUX_ORIGIN;
  return fmt::format("X25519 and SHA-2: mbedTLS; ML-KEM-768: {}", libcrux.empty()
                                                                      ? "none, so there is no x25519mlkem768"
                                                                      : fmt::format("libcrux {}", libcrux));
}

const MlKem768* ml_kem_768() {
  return ml_kem_768_in_use;
}

}  // namespace persona::pk
