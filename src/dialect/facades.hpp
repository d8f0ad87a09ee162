// The facades of all dialects, and what they share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "persona/dialect/facade.hpp"

namespace persona::dialect {

std::unique_ptr<Facade> postgresql_facade();
std::unique_ptr<Facade> mysql_facade();
std::unique_ptr<Facade> redis_facade();
std::unique_ptr<Facade> mssql_facade();
std::unique_ptr<Facade> negotiated_postgresql_facade();
std::unique_ptr<Facade> negotiated_mysql_facade();

/// "SENTENCE. HINT", for protocols that have no place for a hint.
std::string in_one_line(const Regret& regret);

/// What all of them do: it keeps what it waits for, and knows whether the client was told.
class FirstExchange : public Facade {
 public:
  void received(ByteView bytes, Buffer& onward, Buffer& answer) final;
  void answered(ByteView bytes, Buffer& onward) final;
  void received_end(Buffer& onward) final;
  void answered_end(Buffer& /*onward*/) final {}
  bool is_over() const final;
  bool awaits_answer() const final;
  void regret(Regret regret, Buffer& answer) final;
  Telling telling() const final { return telling_; }

 protected:
  enum class Look {
    more,  ///< it is not whole yet: wait
    over,  ///< the session begins here
    next,  ///< something was taken from the front: look again
  };

  enum class Asked {
    unknown,  ///< it is not whole yet
    session,  ///< its protocol has an answer to it
    nothing,  ///< it is not answered, or is not of this protocol
  };

  /// What the client has sent, without what look() and tell() have consumed.
  virtual Asked asked(ByteView sent) const = 0;

  /// Looks at what the client has sent and nobody has taken yet; consumes what it answers itself.
  virtual Look look(Buffer& kept, Buffer& answer) = 0;

  /// May be called when the first exchange is over, or more was kept than is allowed. Tells the client, or
  /// says why not.
  virtual Telling tell(const Regret& regret, Buffer& kept, Buffer& answer) = 0;

 private:
  void try_to_tell(Buffer& answer);
  void keep_no_more();

  Buffer kept_;
  bool over_ = false;      // it has gone onward, and so does whatever follows
  bool ended_ = false;     // the client
  bool answered_ = false;  // by the other side: it is too late for a sentence
  std::optional<Regret> regret_;
  Telling telling_ = Telling::waiting;
};

}  // namespace persona::dialect
