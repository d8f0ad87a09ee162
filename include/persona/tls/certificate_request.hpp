// What a server wants of its client's certificate: whose CAs it names when it asks for one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace persona::tls {

/// mbedTLS reads the signature algorithms of a CertificateRequest, and passes over these names.
struct CertificateRequest {
  static constexpr std::size_t most_names = 64;  ///< that are kept

  bool asked = false;                    ///< the server asked for a certificate
  std::vector<std::string> authorities;  ///< of whom, as names in words; empty: it does not say
  std::size_t more = 0;                  ///< how many follow these
  bool names_ours = false;               ///< one of them, kept or not, has issued a certificate of our chain
};

}  // namespace persona::tls
