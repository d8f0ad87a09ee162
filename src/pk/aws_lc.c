/* Compiled by scripts/build-aws-lc, which has AWS-LC's source beside it, and makes everything but these
 * functions local: AWS-LC and OpenSSL have names in common. */
#include "aws_lc.h"

#include <stdlib.h>
#include <string.h>

/* AWS-LC compiles all of this as one file, too (crypto/fipsmodule/bcm.c), in this order. */
// clang-format off
#include "crypto/internal.h"
#include "crypto/fipsmodule/cpucap/internal.h"
#include "crypto/fipsmodule/service_indicator/internal.h"
// OPENSSL_ia32cap would end the process, if it asks for an instruction that is not there.
#define getenv(name) NULL
#include "crypto/fipsmodule/cpucap/cpu_intel.c"
#undef getenv
#include "crypto/fipsmodule/cpucap/cpucap.c"
#include "crypto/fipsmodule/sha/internal.h"
#include "crypto/fipsmodule/sha/keccak1600.c"
#include "crypto/fipsmodule/sha/sha3.c"
// clang-format on

/* mlkem-native, which AWS-LC computes ML-KEM with: one parameter set, and nothing that draws random numbers.
 */
#define MLK_CONFIG_FILE "../mlkem_native_config.h"
#define MLK_CONFIG_PARAMETER_SET 768
#define MLK_CONFIG_MULTILEVEL_WITH_SHARED /* its functions are named mlkem768_ */
#define MLK_CONFIG_NO_RANDOMIZED_API
#include "crypto/fipsmodule/ml_kem/mlkem/mlkem_native_bcm.c"

/* s2n-bignum: the first two use MULX, ADCX and ADOX. */
void curve25519_x25519_byte(uint8_t output[32], const uint8_t scalar[32], const uint8_t u[32]);
void curve25519_x25519base_byte(uint8_t output[32], const uint8_t scalar[32]);
void curve25519_x25519_byte_alt(uint8_t output[32], const uint8_t scalar[32], const uint8_t u[32]);
void curve25519_x25519base_byte_alt(uint8_t output[32], const uint8_t scalar[32]);

/* What mlkem-native wipes its secrets with; the rest of AWS-LC is not here. */
void OPENSSL_cleanse(void* memory, size_t size) {
  explicit_bzero(memory, size);
}

void persona_aws_lc_start(int use_all_instructions) {
  OPENSSL_cpuid_setup();
  if (!use_all_instructions) {
    memset(OPENSSL_ia32cap_P, 0, sizeof OPENSSL_ia32cap_P);
  }
}

void persona_aws_lc_x25519(uint8_t output[persona_x25519_size], const uint8_t scalar[persona_x25519_size],
                           const uint8_t u[persona_x25519_size]) {
  static const uint8_t base[persona_x25519_size] = {9};
  const int is_base = memcmp(u, base, sizeof base) == 0; /* u is public */
  if (CRYPTO_is_BMI2_capable() && CRYPTO_is_ADX_capable()) {
    is_base ? curve25519_x25519base_byte(output, scalar) : curve25519_x25519_byte(output, scalar, u);
  } else {
    is_base ? curve25519_x25519base_byte_alt(output, scalar) : curve25519_x25519_byte_alt(output, scalar, u);
  }
}

int persona_aws_lc_generate(const uint8_t seed[persona_ml_kem_768_key_seed],
                            uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key]) {
  uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key]; /* is in the other one, too */
  return mlkem768_keypair_derand(encapsulation_key, decapsulation_key, seed) == 0;
}

int persona_aws_lc_encapsulate(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key],
                               const uint8_t seed[persona_ml_kem_768_encapsulation_seed],
                               uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                               uint8_t shared_secret[persona_ml_kem_768_shared_secret]) {
  return mlkem768_enc_derand(ciphertext, shared_secret, encapsulation_key, seed) == 0;
}

int persona_aws_lc_decapsulate(const uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key],
                               const uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                               uint8_t shared_secret[persona_ml_kem_768_shared_secret]) {
  return mlkem768_dec(shared_secret, ciphertext, decapsulation_key) == 0;
}

/* As AWS-LC chooses (crypto/fipsmodule/sha/sha256.c, sha512.c), but for SHA-256 on processors without its
 * instructions. */
void persona_aws_lc_sha256(uint32_t state[8], const uint8_t* blocks, size_t count) {
  if (sha256_hw_capable()) {
    sha256_block_data_order_hw(state, blocks, count);
  } else {
    sha256_block_data_order_nohw(state, blocks, count);
  }
}

void persona_aws_lc_sha512(uint64_t state[8], const uint8_t* blocks, size_t count) {
  if (sha512_avx_capable()) {
    sha512_block_data_order_avx(state, blocks, count);
  } else {
    sha512_block_data_order_nohw(state, blocks, count);
  }
}
