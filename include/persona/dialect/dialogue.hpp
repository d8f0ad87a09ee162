// What is said on a new connection before whatever it is for: a proxy is asked for a way, a database for TLS.
//
// Sans-IO: bytes in, bytes out. Nothing that the other side sends is trusted.
#pragma once

#include <string>
#include <utility>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"

namespace persona::dialect {

/// One side of one connection. One thread.
class Dialogue {
 public:
  enum class State {
    wants_server,  ///< more of what the other side sends
    wants_client,  ///< of MySQL's Upgrade only
    agreed,        ///< what the connection is for begins with the next byte in either direction
    failed,        ///< error() says why
  };

  virtual ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// To be called once, when the connection is there.
  virtual State start(Buffer& to_server) = 0;

  /// The other side sent this. Nothing is called after a failure but error().
  virtual State received(ByteView bytes, Buffer& to_server) = 0;

  /// The other side ended the connection before it agreed: state failed.
  virtual void ended() = 0;

  /// In state agreed: what came behind the agreement, and is no part of this. An Upgrade has none.
  virtual ByteView rest() const { return {}; }

  /// A sentence that goes on after "HOST:PORT ": "is MariaDB without TLS: ...". Printable.
  const std::string& error() const { return error_; }

 protected:
  Dialogue() = default;

  State state() const { return state_; }
  State become(State state) { return state_ = state; }

  /// Final: nothing may follow it.
  State fail(std::string sentence) {
    error_ = std::move(sentence);
    return state_ = State::failed;
  }

 private:
  State state_ = State::wants_server;
  std::string error_;
};

}  // namespace persona::dialect
