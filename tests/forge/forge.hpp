// Certificates that persona's own PKI does not make, to see what is said of them and what they cost. Whatever
// goes wrong is a std::runtime_error.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"

namespace support {

enum class Exponent { usual, as_long_as_the_modulus };

struct ForgedKey {
  ForgedKey() : ForgedKey(MBEDTLS_ECP_DP_SECP256R1) {}
  explicit ForgedKey(mbedtls_ecp_group_id curve);
  /// RSA of 8192 bits, always of the same two primes, those of RFC 3526 and RFC 7919. With the long exponent
  /// it is a public key only.
  explicit ForgedKey(Exponent exponent);
  ~ForgedKey() { mbedtls_pk_free(&context); }
  ForgedKey(const ForgedKey&) = delete;
  ForgedKey& operator=(const ForgedKey&) = delete;

  std::string pem();

  mbedtls_pk_context context{};
};

enum class Ca { absent, no, yes };

struct ForgedExtension {
  std::string oid;  ///< content octets
  persona::Bytes value;
};

/// Version 3.
struct Forgery {
  std::string subject = "CN=forged";
  std::string issuer = "CN=Forger";
  Ca ca = Ca::no;
  unsigned key_usage = 0;                        ///< MBEDTLS_X509_KU_...; 0: absent
  std::vector<std::string> extended_usage = {};  ///< object identifiers; empty: absent
  mbedtls_md_type_t hash = MBEDTLS_MD_SHA256;
  bool key_identifiers = false;  ///< subjectKeyIdentifier, and authorityKeyIdentifier of the signer
  bool broken = false;           ///< the signature is wrong by a bit
  std::vector<ForgedExtension> others = {};
  std::chrono::seconds not_before = -std::chrono::days(1);  ///< from now
  std::chrono::seconds not_after = std::chrono::days(10);
};

persona::Bytes forge_der(const Forgery& what, ForgedKey& key, ForgedKey& signer);

/// PEM.
std::string forge(const Forgery& what, ForgedKey& key, ForgedKey& signer);

/// A CA certificate and a client's as verifiers want them.
Forgery ca(const std::string& subject, const std::string& issuer);
Forgery client(const std::string& subject, const std::string& issuer);

/// The same certificate with the point of its EC key compressed. Its signature is not of that any more.
persona::Bytes with_compressed_point(persona::ByteView certificate);

std::string to_pem(persona::ByteView certificate);

}  // namespace support
