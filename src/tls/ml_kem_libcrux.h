/* ML-KEM-768 (FIPS 203) by libcrux, with everything random given by the caller. The caller wipes what is
 * secret. */
#ifndef PERSONA_TLS_ML_KEM_LIBCRUX_H
#define PERSONA_TLS_ML_KEM_LIBCRUX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes in bytes: FIPS 203, section 8, table 3; the seeds are d and z of KeyGen and m of Encaps, section 7.
 */
enum {
  persona_ml_kem_768_encapsulation_key = 1184,
  persona_ml_kem_768_decapsulation_key = 2400,
  persona_ml_kem_768_ciphertext = 1088,
  persona_ml_kem_768_shared_secret = 32,
  persona_ml_kem_768_key_seed = 64,
  persona_ml_kem_768_encapsulation_seed = 32
};

/* ML-KEM.KeyGen_internal (algorithm 16). */
void persona_ml_kem_768_generate(const uint8_t seed[persona_ml_kem_768_key_seed],
                                 uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key]);

/* The check of section 7.2: every coefficient of the key is reduced modulo q. 1: it is one; 0: it must not be
 * used. */
int persona_ml_kem_768_is_key(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key]);

/* ML-KEM.Encaps_internal (algorithm 17), with a key that was checked. */
void persona_ml_kem_768_encapsulate(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key],
                                    const uint8_t seed[persona_ml_kem_768_encapsulation_seed],
                                    uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                    uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

/* ML-KEM.Decaps_internal (algorithm 18), with a key of ours. */
void persona_ml_kem_768_decapsulate(const uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key],
                                    const uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                    uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

#ifdef __cplusplus
}
#endif

#endif
