// Asks a database for TLS in its own protocol (`gateway.negotiate`): what happens on a connection between
// TCP's handshake and TLS's.
//
// Nothing of the client's leaves but what MySQL's SSLRequest needs: the client's capabilities, packet size
// and character set.
#pragma once

#include <memory>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/protocol.hpp"
#include "persona/dialect/dialogue.hpp"

namespace persona::dialect {

/// One connection to a database. In state wants_client greeting() is for the client's facade, and its answer
/// for client_answered(); in state agreed the TLS handshake begins with the next byte in either direction.
///
/// received() may be called in any state: what the database sends out of turn, or behind its consent to TLS,
/// is a failure (CVE-2021-23222), because nobody has verified from whom it comes.
class Upgrade : public Dialogue {
 public:
  /// The most that is kept of what the database has sent.
  static constexpr std::size_t most_kept = std::size_t{64} * 1024;

  /// PostgreSQL or MySQL.
  static std::unique_ptr<Upgrade> create(Protocol protocol);

  /// The whole packet; empty but in state wants_client and after it.
  virtual ByteView greeting() const = 0;

  /// All that the client's facade has passed onward so far. It is not consumed: it follows in TLS.
  virtual State client_answered(ByteView onward, Buffer& to_server) = 0;

  /// There is no client: TLS is asked for in our own name (a trial of a configuration).
  virtual State without_client(Buffer& to_server) = 0;
};

}  // namespace persona::dialect
