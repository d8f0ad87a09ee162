// The choice of the provider, and the PSA provider.
#include "persona/tls/aead.hpp"

#include <cstring>

#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "aead_ipsec_mb.hpp"

namespace persona::tls {

namespace {

psa_algorithm_t psa_algorithm(Aead algorithm) {
  return algorithm == Aead::chacha20_poly1305 ? PSA_ALG_CHACHA20_POLY1305 : PSA_ALG_GCM;
}

psa_key_type_t psa_key_type(Aead algorithm) {
  return algorithm == Aead::chacha20_poly1305 ? PSA_KEY_TYPE_CHACHA20 : PSA_KEY_TYPE_AES;
}

class PsaKey final : public AeadKey {
 public:
  static std::unique_ptr<AeadKey> create(Aead algorithm, ByteView key) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    psa_set_key_algorithm(&attributes, psa_algorithm(algorithm));
    psa_set_key_type(&attributes, psa_key_type(algorithm));
    psa_set_key_bits(&attributes, key.size() * 8);
    psa_key_id_t id = PSA_KEY_ID_NULL;
    if (psa_import_key(&attributes, key.data(), key.size(), &id) != PSA_SUCCESS) {
      return nullptr;
    }
    return std::unique_ptr<AeadKey>(new PsaKey(psa_algorithm(algorithm), id));
  }

  ~PsaKey() override {
    // Zeroises the key. Fails only if the key does not exist.
    static_cast<void>(psa_destroy_key(id_));
  }

  bool seal(ByteView nonce, ByteView additional, ByteView content, std::uint8_t last,
            std::uint8_t* sealed) const override {
    // PSA's one-shot call needs the plaintext in one piece. The copy costs little next to PSA's encryption.
    const std::size_t inner = content.size() + 1;
    if (!content.empty()) {
      std::memcpy(sealed, content.data(), content.size());
    }
    sealed[content.size()] = last;
    std::size_t written = 0;
    return psa_aead_encrypt(id_, algorithm_, nonce.data(), nonce.size(), additional.data(), additional.size(),
                            sealed, inner, sealed, inner + aead_tag_size, &written) == PSA_SUCCESS &&
           written == inner + aead_tag_size;
  }

  bool open(ByteView nonce, ByteView additional, ByteSpan sealed) const override {
    std::size_t written = 0;
    return psa_aead_decrypt(id_, algorithm_, nonce.data(), nonce.size(), additional.data(), additional.size(),
                            sealed.data(), sealed.size(), sealed.data(), sealed.size(),
                            &written) == PSA_SUCCESS;
  }

 private:
  PsaKey(psa_algorithm_t algorithm, psa_key_id_t id) : algorithm_(algorithm), id_(id) {}

  psa_algorithm_t algorithm_;
  psa_key_id_t id_;
};

}  // namespace

std::size_t aead_key_size(Aead algorithm) {
  return algorithm == Aead::aes_128_gcm ? 16 : 32;
}

AeadProvider default_aead_provider() {
  static const AeadProvider provider = ipsec_mb_available() ? AeadProvider::ipsec_mb : AeadProvider::psa;
  return provider;
}

bool aead_provider_available(AeadProvider provider) {
  return provider == AeadProvider::psa || ipsec_mb_available();
}

std::string describe_aead_provider(AeadProvider provider) {
  return provider == AeadProvider::psa ? "PSA (mbedTLS)" : describe_ipsec_mb();
}

std::unique_ptr<AeadKey> AeadKey::create(Aead algorithm, ByteView key, AeadProvider provider) {
  if (key.size() != aead_key_size(algorithm)) {
    return nullptr;
  }
  return provider == AeadProvider::psa ? PsaKey::create(algorithm, key) : create_ipsec_mb_key(algorithm, key);
}

}  // namespace persona::tls
