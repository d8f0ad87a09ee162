/* The only file that includes libcrux's header, which defines all its functions. It is C, as the header is.
 */
#include "ml_kem_libcrux.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#ifdef _WIN32 /* no <endian.h>; Windows is little-endian on all that it runs on */
#define htole64(number) (number)
#define le64toh(number) (number)
#endif

/* What the header calls where its proof says that nothing can come. */
#define fatal_f(message) abort()

#include <libcrux_mlkem768_sha3.h>

void persona_libcrux_generate(const uint8_t seed[persona_ml_kem_768_key_seed],
                              uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key]) {
  uint8_t copy[persona_ml_kem_768_key_seed];
  memcpy(copy, seed, sizeof copy);
  struct libcrux_mlkem768_keypair pair = libcrux_ml_kem_mlkem768_portable_generate_key_pair(copy);
  memcpy(decapsulation_key, pair.sk.value, sizeof pair.sk.value);
  mbedtls_platform_zeroize(&pair, sizeof pair);
  mbedtls_platform_zeroize(copy, sizeof copy);
}

int persona_libcrux_encapsulate(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key],
                                const uint8_t seed[persona_ml_kem_768_encapsulation_seed],
                                uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                uint8_t shared_secret[persona_ml_kem_768_shared_secret]) {
  struct libcrux_mlkem768_pk key;
  memcpy(key.value, encapsulation_key, sizeof key.value);
  if (!libcrux_ml_kem_mlkem768_portable_validate_public_key(&key)) {
    return 0;
  }
  uint8_t copy[persona_ml_kem_768_encapsulation_seed];
  memcpy(copy, seed, sizeof copy);
  struct libcrux_mlkem768_enc_result result = libcrux_ml_kem_mlkem768_portable_encapsulate(&key, copy);
  memcpy(ciphertext, result.fst.value, sizeof result.fst.value);
  memcpy(shared_secret, result.snd, sizeof result.snd);
  mbedtls_platform_zeroize(&result, sizeof result);
  mbedtls_platform_zeroize(copy, sizeof copy);
  return 1;
}

void persona_libcrux_decapsulate(const uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key],
                                 const uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                 uint8_t shared_secret[persona_ml_kem_768_shared_secret]) {
  struct libcrux_mlkem768_sk key;
  struct libcrux_mlkem768_ciphertext copy;
  memcpy(key.value, decapsulation_key, sizeof key.value);
  memcpy(copy.value, ciphertext, sizeof copy.value);
  libcrux_ml_kem_mlkem768_portable_decapsulate(&key, &copy, shared_secret);
  mbedtls_platform_zeroize(&key, sizeof key);
}
