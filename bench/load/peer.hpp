// One accepted connection of the gateway: its transport (TLS or plain TCP) and the request that it is
// serving.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net.hpp"
#include "protocol.hpp"
#include "tls.hpp"

namespace bench {

/// Buffers that the peers of one thread work in, so that an idle peer holds none.
struct Scratch {
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(batch);
  std::vector<std::uint8_t> plain = std::vector<std::uint8_t>(batch);
  Outbox out;
};

class Peer {
 public:
  enum class State { open, established, closed, failed };

  /// A null context: plain TCP, established at once.
  Peer(Fd fd, SSL_CTX* context);

  int fd() const { return fd_.get(); }
  bool plain() const { return !tls_; }
  bool resumed() const { return tls_ && tls_->resumed(); }
  const std::string& error() const { return error_; }

  /// Steps of the handshake: open, established (once) or failed.
  State on_handshake_bytes(Scratch& scratch);

  /// Serves the request: open or closed.
  State on_readable(Scratch& scratch);
  State on_writable(Scratch& scratch);
  bool wants_to_write() const { return !pending_.empty() || to_send_ > 0; }

 private:
  State handle(Bytes plaintext, Outbox& out);
  void begin(Request request);
  void produce(Scratch& scratch);
  void emit(Bytes plaintext, Outbox& out);
  bool flush(Outbox& out);
  State unseal(Scratch& scratch);

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
  RequestBytes request_bytes_{};
  std::size_t request_size_ = 0;
  std::optional<Kind> serving_;
  std::uint64_t to_receive_ = 0;
  std::uint64_t to_send_ = 0;
  std::vector<std::uint8_t> pending_;  // what the kernel did not take
  std::string error_;
};

}  // namespace bench
