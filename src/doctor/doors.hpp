// Knocks at every address of an endpoint.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "knock.hpp"
#include "round.hpp"

namespace persona::doctor {

/// Where to knock for what is listened on: a wildcard is everywhere, so on loopback too.
Endpoint door_of(Endpoint listened_on);

/// Loop's thread only; must be destroyed before the loop can end, and not by `done`.
class Doors {
 public:
  /// `where`: the address, or the path of a Unix socket.
  using Words = std::function<std::vector<Step>(const std::string& where, const Knock::Answer& answer)>;

  /// `plan` without a visit. `done` as of a Round.
  Doors(Round::Plan plan, Knock::Manner manner, Words words, Round::Done done);
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

 private:
  void knock(const std::optional<net::SocketAddress>& address, const Round::Visited& visited);

  net::Loop& loop_;
  net::HandleOwner& owner_;
  const Endpoint endpoint_;
  const Knock::Manner manner_;
  const Words words_;
  std::vector<std::unique_ptr<Knock>> knocks_;
  std::optional<Round> round_;
};

}  // namespace persona::doctor
