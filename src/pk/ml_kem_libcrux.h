/* ML-KEM-768 (FIPS 203) by libcrux, with everything random given by the caller. The caller wipes what is
 * secret. */
#ifndef PERSONA_PK_ML_KEM_LIBCRUX_H
#define PERSONA_PK_ML_KEM_LIBCRUX_H

#include <stdint.h>

#include "ml_kem_sizes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ML-KEM.KeyGen_internal (algorithm 16). */
void persona_libcrux_generate(const uint8_t seed[persona_ml_kem_768_key_seed],
                              uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key]);

/* ML-KEM.Encaps_internal (algorithm 17). 0: the key fails the check of section 7.2, a coefficient is not
 * reduced modulo q, and there is no output. */
int persona_libcrux_encapsulate(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key],
                                const uint8_t seed[persona_ml_kem_768_encapsulation_seed],
                                uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

/* ML-KEM.Decaps_internal (algorithm 18), with a key of ours. */
void persona_libcrux_decapsulate(const uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key],
                                 const uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                                 uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

#ifdef __cplusplus
}
#endif

#endif
