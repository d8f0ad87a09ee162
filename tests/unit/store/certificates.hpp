// Certificates as a store has them.
#pragma once

#include <string>
#include <vector>

#include "../../forge/forge.hpp"
#include "persona/store/stored_certificate.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::store::test {

inline support::ForgedKey& test_key() {
  static const bool ready = x509::initialise_crypto().has_value();
  static support::ForgedKey key;
  static_cast<void>(ready);
  return key;
}

inline StoredCertificate stored(const support::Forgery& what, bool has_key = true) {
  return {support::forge_der(what, test_key(), test_key()), has_key};
}

}  // namespace persona::store::test
