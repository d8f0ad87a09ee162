// The gateway's side of TLS 1.3 over buffers: bytes of the socket in, bytes for the socket out.
#pragma once

#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <vector>

#include "net.hpp"

namespace bench {

using Outbox = std::vector<std::uint8_t>;

struct TlsSettings {
  std::string certificate;
  std::string key;
  std::string ca;
  std::string groups;       ///< in OpenSSL's notation, by colon
  unsigned tickets = 0;     ///< session tickets per handshake; none: nobody can resume
  bool live_first = false;  ///< handshakes run only when no established connection wants the core
};

constexpr const char* hybrid_group = "X25519MLKEM768";  ///< OpenSSL has it since 3.5

/// Whether this OpenSSL can agree on the group.
bool knows_group(const char* group);

/// TLS 1.3, AES-256-GCM and the groups only; the client's certificate is required and verified.
std::shared_ptr<SSL_CTX> make_context(const TlsSettings& settings);

class TlsSession {
 public:
  enum class Status { ok, more, ended, failed };

  explicit TlsSession(SSL_CTX* context);
  TlsSession(const TlsSession&) = delete;  // OpenSSL points into it
  TlsSession& operator=(const TlsSession&) = delete;

  /// What came from the socket; must stay valid until it has been read up or hold() is called.
  void feed(Bytes bytes);
  /// Copies what is not read yet.
  void hold();

  /// Steps of the handshake; ok when it is done.
  Status accept(Outbox& out);
  /// ok: `size` bytes of `into` are plaintext. more: everything fed has been read.
  Status read(std::span<std::uint8_t> into, std::size_t& size, Outbox& out);
  void write(Bytes plaintext, Outbox& out);
  void close_notify(Outbox& out);

  bool resumed() const;
  /// Of the last failure, in OpenSSL's words.
  static std::string error();

 private:
  struct Transport {
    Bytes in;
    Outbox* out = nullptr;
  };
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  static const BIO_METHOD* transport_method();
  static int transport_read(BIO* bio, char* into, int size);
  static int transport_write(BIO* bio, const char* bytes, int size);
  static long transport_control(BIO* bio, int command, long number, void* pointer);

  Status status_of(int result);

  Transport transport_;
  std::vector<std::uint8_t> held_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace bench
