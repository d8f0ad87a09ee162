// The upgrades of all dialects, and what they share.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persona/dialect/upgrade.hpp"

namespace persona::dialect {

std::unique_ptr<Upgrade> postgresql_upgrade();
std::unique_ptr<Upgrade> mysql_upgrade();

/// What all of them do.
class Negotiation : public Upgrade {
 public:
  State received(ByteView bytes, Buffer& to_server) final;
  void ended() final;

 protected:
  /// It sent something before TLS that it should have sent in TLS, or not at all.
  State fail_out_of_turn();

  /// It sent this, and it is not `expected` ("PostgreSQL").
  State fail_as_another(ByteView first_bytes, std::string_view expected);

  /// Bytes of the database's in state wants_server.
  virtual State look(ByteView bytes, Buffer& to_server) = 0;

  /// The sentence for an end in state wants_server or wants_client.
  virtual std::string ended_early() const = 0;
};

}  // namespace persona::dialect
