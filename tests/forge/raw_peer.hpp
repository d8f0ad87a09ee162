// One side of a TLS connection that keeps to no rule of ours: mbedTLS alone, with any certificates and any
// key.
#pragma once

#include <string>

#include <mbedtls/ssl.h>

#include "forge.hpp"
#include "persona/base/buffer.hpp"
#include "persona/x509/certificate.hpp"

namespace support {

/// Verifies nobody. What goes wrong when it is made is a std::runtime_error.
class RawPeer {
 public:
  enum class Role { client, server };

  /// `chain`: the leaf first. `key` need not be the leaf's; both outlive this. `version`: the only one.
  RawPeer(Role role, const persona::x509::CertificateList& chain, ForgedKey& key,
          mbedtls_ssl_protocol_version version = MBEDTLS_SSL_VERSION_TLS1_3);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// Goes on with the handshake, and when that is done reads: what mbedTLS returned,
  /// MBEDTLS_ERR_SSL_WANT_READ as a rule. It takes what it needs of `input`.
  int step(persona::Buffer& input, persona::Buffer& output);

 private:
  static int receive(void* self, unsigned char* buffer, std::size_t count);
  static int send(void* self, const unsigned char* bytes, std::size_t count);

  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  persona::Buffer* input_ = nullptr;
  persona::Buffer* output_ = nullptr;
};

}  // namespace support
