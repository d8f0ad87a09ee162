#include "reference_aead.hpp"

namespace persona::tls::test {

Bytes sealed_by_reference(Aead algorithm, ByteView key, ByteView nonce, ByteView additional, ByteView inner) {
  const auto sealing = AeadKey::create(algorithm, key, AeadProvider::psa);
  REQUIRE(sealing);
  REQUIRE_FALSE(inner.empty());
  Bytes sealed(inner.size() + aead_tag_size);
  REQUIRE(sealing->seal(nonce, additional, inner.first(inner.size() - 1), inner.back(), sealed.data()));
  return sealed;
}

}  // namespace persona::tls::test
