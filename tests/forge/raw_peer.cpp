#include "raw_peer.hpp"

#include <algorithm>
#include <stdexcept>

#include "persona/x509/crypto.hpp"

namespace support {

RawPeer::RawPeer(Role role, const persona::x509::CertificateList& chain, ForgedKey& key,
                 mbedtls_ssl_protocol_version version) {
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
  const int endpoint = role == Role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
  bool made = mbedtls_ssl_config_defaults(&config_, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT) == 0;
  mbedtls_ssl_conf_rng(&config_, persona::x509::psa_random, nullptr);
  mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_min_tls_version(&config_, version);
  mbedtls_ssl_conf_max_tls_version(&config_, version);
  made = made && mbedtls_ssl_conf_own_cert(&config_, chain.get(), &key.context) == 0 &&
         mbedtls_ssl_setup(&ssl_, &config_) == 0 && mbedtls_ssl_set_hostname(&ssl_, nullptr) == 0;
  mbedtls_ssl_set_bio(&ssl_, this, &RawPeer::send, &RawPeer::receive, nullptr);
  if (!made) {
    mbedtls_ssl_free(&ssl_);
    mbedtls_ssl_config_free(&config_);
    throw std::runtime_error("a TLS peer");
  }
}

RawPeer::~RawPeer() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
}

int RawPeer::step(persona::Buffer& input, persona::Buffer& output) {
  input_ = &input;
  output_ = &output;
  if (const int code = mbedtls_ssl_handshake(&ssl_); code != 0) {
    return code;
  }
  unsigned char byte = 0;
  return mbedtls_ssl_read(&ssl_, &byte, 1);
}

int RawPeer::receive(void* self, unsigned char* buffer, std::size_t count) {
  persona::Buffer& input = *static_cast<RawPeer*>(self)->input_;
  if (input.empty()) {
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  const std::size_t taken = std::min(count, input.size());
  std::copy_n(input.view().begin(), taken, buffer);
  input.consume(taken);
  return static_cast<int>(taken);
}

int RawPeer::send(void* self, const unsigned char* bytes, std::size_t count) {
  static_cast<RawPeer*>(self)->output_->append({bytes, count});
  return static_cast<int>(count);
}

}  // namespace support
