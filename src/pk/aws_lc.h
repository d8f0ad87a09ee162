/* X25519 (RFC 7748), ML-KEM-768 (FIPS 203) and SHA-2 (FIPS 180-4) by AWS-LC, with everything random given by
 * the caller. The caller wipes what is secret. Only x86-64 Unix has it: scripts/build-aws-lc makes a library
 * of these functions. */
#ifndef PERSONA_PK_AWS_LC_H
#define PERSONA_PK_AWS_LC_H

#include <stddef.h>
#include <stdint.h>

#include "ml_kem_sizes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { persona_x25519_size = 32 };

/* Before all others, while nobody calls them: which instructions has this processor? 0: none but those that
 * every x86-64 has, for tests. */
void persona_aws_lc_start(int use_all_instructions);

/* Section 5: what is encoded is decoded as it says. The output may be zero, which the caller refuses. */
void persona_aws_lc_x25519(uint8_t output[persona_x25519_size], const uint8_t scalar[persona_x25519_size],
                           const uint8_t u[persona_x25519_size]);

/* ML-KEM.KeyGen_internal (algorithm 16). 0: it has failed. */
int persona_aws_lc_generate(const uint8_t seed[persona_ml_kem_768_key_seed],
                            uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key]);

/* ML-KEM.Encaps_internal (algorithm 17). 0: the key fails the check of section 7.2, a coefficient is not
 * reduced modulo q, and the output must not be used. */
int persona_aws_lc_encapsulate(const uint8_t encapsulation_key[persona_ml_kem_768_encapsulation_key],
                               const uint8_t seed[persona_ml_kem_768_encapsulation_seed],
                               uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                               uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

/* ML-KEM.Decaps_internal (algorithm 18). 0: the key fails the check of section 7.3, so it is not as it was
 * made. */
int persona_aws_lc_decapsulate(const uint8_t decapsulation_key[persona_ml_kem_768_decapsulation_key],
                               const uint8_t ciphertext[persona_ml_kem_768_ciphertext],
                               uint8_t shared_secret[persona_ml_kem_768_shared_secret]);

/* The compression functions of SHA-256 and SHA-512, and so of SHA-384 (sections 6.2.2 and 6.4.2), for so many
 * blocks of 64 or 128 bytes. */
void persona_aws_lc_sha256(uint32_t state[8], const uint8_t* blocks, size_t count);
void persona_aws_lc_sha512(uint64_t state[8], const uint8_t* blocks, size_t count);

#ifdef __cplusplus
}
#endif

#endif
