/* ML-KEM-768's sizes in bytes: FIPS 203, section 8, table 3. The seeds are d and z of KeyGen and m of Encaps,
 * section 7.
 */
#ifndef PERSONA_PK_ML_KEM_SIZES_H
#define PERSONA_PK_ML_KEM_SIZES_H

enum {
  persona_ml_kem_768_encapsulation_key = 1184,
  persona_ml_kem_768_decapsulation_key = 2400,
  persona_ml_kem_768_ciphertext = 1088,
  persona_ml_kem_768_shared_secret = 32,
  persona_ml_kem_768_key_seed = 64,
  persona_ml_kem_768_encapsulation_seed = 32
};

#endif
