#include <memory>
#include <openssl/evp.h>

#include "reference_aead.hpp"

namespace persona::tls::test {

namespace {

const EVP_CIPHER* openssl_cipher(Aead algorithm) {
  switch (algorithm) {
    case Aead::aes_128_gcm:
      return EVP_aes_128_gcm();
    case Aead::aes_256_gcm:
      return EVP_aes_256_gcm();
    case Aead::chacha20_poly1305:
      return EVP_chacha20_poly1305();
  }
  return nullptr;
}

}  // namespace

Bytes sealed_by_reference(Aead algorithm, ByteView key, ByteView nonce, ByteView additional, ByteView inner) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  Bytes sealed(inner.size() + aead_tag_size);
  int count = 0;
  REQUIRE(EVP_EncryptInit_ex(context.get(), openssl_cipher(algorithm), nullptr, key.data(), nonce.data()) ==
          1);
  REQUIRE(EVP_EncryptUpdate(context.get(), nullptr, &count, additional.data(),
                            static_cast<int>(additional.size())) == 1);
  REQUIRE(EVP_EncryptUpdate(context.get(), sealed.data(), &count, inner.data(),
                            static_cast<int>(inner.size())) == 1);
  REQUIRE(static_cast<std::size_t>(count) == inner.size());
  REQUIRE(EVP_EncryptFinal_ex(context.get(), sealed.data() + count, &count) == 1);
  REQUIRE(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, aead_tag_size,
                              sealed.data() + inner.size()) == 1);
  return sealed;
}

}  // namespace persona::tls::test
