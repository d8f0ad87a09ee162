// The first exchange between a database's client and persona, which stands in for the database: what the
// client asks before its session begins is answered at once, and a failure is told in words that the client
// shows.
//
// Sans-IO: bytes in, bytes out. It looks at nothing once the first exchange is over, and it is a courtesy,
// not a filter: what it does not know passes unchanged.
#pragma once

#include <memory>
#include <string>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/protocol.hpp"

namespace persona::dialect {

/// A failure as a client is told of it. Coarse: the log has the details.
struct Regret {
  enum class Kind {
    unreachable,  ///< the other side cannot be reached or verified, or does not accept us
    lost,         ///< it was reached, and the connection has ended since
    limit,        ///< a limit of persona's is reached
    stopping,     ///< persona is being stopped
  };

  Kind kind = Kind::unreachable;
  std::string sentence;  ///< one line of UTF-8, without a full stop
  std::string hint;      ///< what to do, likewise
};

/// One connection's client. One thread.
class Facade {
 public:
  /// The most that is kept of what either side has sent.
  static constexpr std::size_t most_kept = std::size_t{64} * 1024;

  static std::unique_ptr<Facade> create(Protocol protocol);

  /// For a database whose TLS was negotiated (Upgrade), of which the client must not see anything: PostgreSQL
  /// or MySQL. PostgreSQL's SCRAM goes without channel binding (a client's channel_binding=require fails),
  /// and MySQL's answered() begins with the greeting, before TLS. MySQL's caching_sha2_password needs a
  /// client on a Unix socket, or one whose password the server has in its cache: it sends others to a server
  /// without TLS only in the terms of the server's RSA key, which a server with TLS does not give.
  static std::unique_ptr<Facade> create_negotiated(Protocol protocol);

  virtual ~Facade() = default;
  Facade(const Facade&) = delete;
  Facade& operator=(const Facade&) = delete;

  /// The client sent this. What is the other side's is appended to `onward`, in order, and what the client is
  /// answered at once to `answer`. After regret() nothing goes onward.
  virtual void received(ByteView bytes, Buffer& onward, Buffer& answer) = 0;

  /// The other side sent this. What is the client's is appended to `onward`, in order.
  virtual void answered(ByteView bytes, Buffer& onward) = 0;

  /// The client, or the other side, has ended after what it sent: what is kept of that goes onward.
  virtual void received_end(Buffer& onward) = 0;
  virtual void answered_end(Buffer& onward) = 0;

  /// The first exchange is over in both directions: received() and answered() would only pass everything on,
  /// and need not be called any more.
  virtual bool is_over() const = 0;

  /// The client has asked for a session in its protocol, or still may, and would have been answered: if the
  /// other side ends without a byte, that is a failure of which it can be told. (A gateway whose service is
  /// down may be quicker than the client.)
  virtual bool awaits_answer() const = 0;

  /// The connection has failed before the client was sent a byte of the other side's (but for MySQL's
  /// greeting, if it was negotiated). received() goes on until the client has been told, or cannot be.
  virtual void regret(Regret regret, Buffer& answer) = 0;

  enum class Telling {
    waiting,     ///< for what the client sends before it listens
    told,        ///< the sentence was written: the connection may end with FIN once it is sent
    impossible,  ///< this client does not listen to sentences
  };
  /// `told` without regret(): a client of create_negotiated()'s MySQL has asked for TLS, which it was not
  /// offered, and nothing of that went onward.
  virtual Telling telling() const = 0;

 protected:
  Facade() = default;
};

}  // namespace persona::dialect
