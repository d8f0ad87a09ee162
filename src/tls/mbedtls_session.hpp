// A TLS 1.2 session: mbedTLS's own record layer (RFC 5246) behind the Session interface.
#pragma once

#include <memory>

#include "persona/tls/context.hpp"
#include "persona/tls/session.hpp"
#include "ssl.hpp"

namespace persona::tls {

class MbedtlsSession final : public Session {
 public:
  /// `ssl` has finished its handshake, and the peer is verified.
  MbedtlsSession(std::shared_ptr<const Context> context, SessionInfo info, std::unique_ptr<Ssl> ssl);

  bool seal(ByteView plaintext, Buffer& output) override;
  Status open(ByteSpan& input, Plaintext& plaintext, Buffer& output) override;
  bool answer_owed() const override { return false; }
  bool answer(Buffer&) override { return failure() == nullptr; }
  std::size_t held() const override { return ssl_->received.held(); }
  void close_notify(Buffer& output) override;
  void abort(Buffer& output) override;

 private:
  Status read_all(Buffer& plaintext);
  Status fail_open(int code);

  std::shared_ptr<const Context> context_;
  std::unique_ptr<Ssl> ssl_;
  unsigned refused_renegotiations_ = 0;
  std::size_t output_before_ = 0;  // of the current open(): what is behind it is mbedTLS's
  bool received_data_ = false;     // a peer that has sent data has accepted our certificate
  bool close_notify_sent_ = false;
};

}  // namespace persona::tls
