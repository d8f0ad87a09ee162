// One side of a TLS connection in memory: the handshake and then the session, as one object.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "persona/base/buffer.hpp"
#include "persona/tls/handshake.hpp"
#include "persona/tls/session.hpp"

namespace persona::tls::test {

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(std::shared_ptr<const Context> context,
                                                const std::string& server_name,
                                                const std::string& address = {}) {
    auto handshake = Handshake::create(std::move(context), {server_name, address});
    if (!handshake) {
      return tl::unexpected(handshake.error());
    }
    return std::unique_ptr<Engine>(new Engine(std::move(*handshake)));
  }

  Status handshake(ByteView& input, Buffer& output) {
    const Status status = handshake_->advance(input, output);
    if (status == Status::established) {
      session_ = handshake_->take_session();
    }
    return status;
  }

  bool seal(ByteView plaintext, Buffer& output) { return session_ && session_->seal(plaintext, output); }

  /// Appends to `plaintext`; keeps an incomplete record, and sends what is owed to `output`.
  Status open(ByteView input, Buffer& plaintext, Buffer& output) {
    if (!session_) {
      return Status::failed;
    }
    held_.append(input);
    Bytes whole(held_.view().begin(), held_.view().end());
    held_.clear();
    ByteSpan rest(whole);
    pieces_.clear();
    const Status status = session_->open(rest, pieces_, output);
    for (const ByteView piece : pieces_.pieces) {
      plaintext.append(piece);
    }
    if (status == Status::want_input) {
      held_.append(rest);
    }
    if (session_->answer_owed() && !session_->answer(output)) {
      return Status::failed;
    }
    return status;
  }

  void close_notify(Buffer& output) {
    if (session_) {
      session_->close_notify(output);
    }
  }
  void abort(Buffer& output) {
    if (session_) {
      session_->abort(output);
    }
  }

  /// Empty before the session is established.
  const SessionInfo& info() const {
    static const SessionInfo none;
    return session_ ? session_->info() : none;
  }
  const Failure* failure() const {
    if (session_) {
      return session_->failure();
    }
    return handshake_->failure() ? &*handshake_->failure() : nullptr;
  }

 private:
  explicit Engine(std::unique_ptr<Handshake> handshake) : handshake_(std::move(handshake)) {}

  std::unique_ptr<Handshake> handshake_;
  std::unique_ptr<Session> session_;
  Buffer held_;
  Plaintext pieces_;
};

}  // namespace persona::tls::test
