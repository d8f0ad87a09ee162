// The mbedTLS side of an Engine: its context, and input and output that touch only buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <mbedtls/ssl.h>

#include "persona/base/buffer.hpp"
#include "persona/identity/verify.hpp"
#include "persona/tls/engine.hpp"

namespace persona::tls {

struct Engine::Ssl {
  explicit Ssl(identity::PeerVerifier peer_verifier);
  ~Ssl();
  Ssl(const Ssl&) = delete;
  Ssl& operator=(const Ssl&) = delete;

  /// The description of the alert that made mbedTLS return MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE. mbedTLS has
  /// no public way to ask; it leaves the two bytes of the alert in in_msg (ssl_msg.c,
  /// mbedtls_ssl_handle_message_type).
  std::uint8_t received_alert() const;

  /// An alert in the clear where mbedTLS expected a protected record: a TLS 1.3 client that refuses the
  /// server's certificate may send it so, and mbedTLS 3.6 reports a wrong MAC for it. The record is still in
  /// in_hdr then.
  std::optional<std::uint8_t> unprotected_alert() const;

  static int receive(void* self, unsigned char* buffer, std::size_t count);
  static int send(void* self, const unsigned char* bytes, std::size_t count);

  mbedtls_ssl_context context;
  identity::PeerVerifier verifier;
  ByteView input;            // of the call under way
  Buffer* output = nullptr;  // of the call under way
};

}  // namespace persona::tls
