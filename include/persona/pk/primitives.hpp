// Who computes X25519, ML-KEM-768 and SHA-2, which are most of what a handshake that resumes computes. AWS-LC
// takes half the time of Everest (X25519, in mbedTLS) and libcrux (ML-KEM-768), and three quarters of
// mbedTLS's for SHA-384.
//
// mbedTLS keeps the protocol, the random numbers, the padding of digests and the refusals (of a secret that
// is zero, for one).
#pragma once

#include <cstdint>
#include <string>

namespace persona::pk {

enum class Primitives {
  aws_lc,    ///< x86-64 Unix
  portable,  ///< mbedTLS, and libcrux for ML-KEM-768
};

/// AWS-LC if it is compiled in: scripts/setup builds it where it can.
Primitives default_primitives();

/// False for AWS-LC if it is not compiled in.
bool primitives_available(Primitives provider);

/// Who computes from now on. To be called while no other thread computes any of it, first of all by
/// x509::initialise_crypto, with the default one; by others for tests and measurements.
void use_primitives(Primitives provider);

/// For people to read: "X25519, ML-KEM-768 and SHA-2: AWS-LC 5.1.0 (…)"; "X25519 and SHA-2: mbedTLS;
/// ML-KEM-768: none, so there is no x25519mlkem768".
std::string describe_primitives(Primitives provider);

/// ML-KEM-768 (FIPS 203). Everything random is given by the caller, who wipes what is secret. Sizes are those
/// of section 8, table 3; seeds are d and z, or m (section 7). Thread-safe. False is a failure, and what was
/// written must not be used.
struct MlKem768 {
  /// ML-KEM.KeyGen_internal (algorithm 16), 64 bytes of seed.
  bool (*generate)(const std::uint8_t* seed, std::uint8_t* decapsulation_key);
  /// ML-KEM.Encaps_internal (algorithm 17), 32 bytes of seed. False: this is no key (section 7.2).
  bool (*encapsulate)(const std::uint8_t* encapsulation_key, const std::uint8_t* seed,
                      std::uint8_t* ciphertext, std::uint8_t* shared_secret);
  /// ML-KEM.Decaps_internal (algorithm 18). False: the key is not as it was made.
  bool (*decapsulate)(const std::uint8_t* decapsulation_key, const std::uint8_t* ciphertext,
                      std::uint8_t* shared_secret);
};

/// Of the provider in use. Null in a build without libcrux, of which base::named_groups() lacks the hybrid.
const MlKem768* ml_kem_768();

}  // namespace persona::pk
