// Certificates that persona's own PKI does not make, to see what is said of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mbedtls/md.h>
#include <mbedtls/pk.h>

namespace support {

struct ForgedKey {
  ForgedKey();  // P-256
  ~ForgedKey() { mbedtls_pk_free(&context); }
  ForgedKey(const ForgedKey&) = delete;
  ForgedKey& operator=(const ForgedKey&) = delete;

  std::string pem();

  mbedtls_pk_context context{};
};

enum class Ca { absent, no, yes };

/// Valid for ten days, version 3.
struct Forgery {
  std::string subject = "CN=forged";
  std::string issuer = "CN=Forger";
  Ca ca = Ca::no;
  unsigned key_usage = 0;                        ///< MBEDTLS_X509_KU_...; 0: absent
  std::vector<std::string> extended_usage = {};  ///< object identifiers; empty: absent
  mbedtls_md_type_t hash = MBEDTLS_MD_SHA256;
};

/// PEM.
std::string forge(const Forgery& what, ForgedKey& key, ForgedKey& signer);

}  // namespace support
