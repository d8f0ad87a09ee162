#include "doors.hpp"

#include <utility>

namespace persona::doctor {

Endpoint door_of(Endpoint listened_on) {
  if (listened_on.host == "0.0.0.0") {
    listened_on.host = "127.0.0.1";
  } else if (listened_on.host == "::") {
    listened_on.host = "::1";
  }
  return listened_on;
}

Doors::Doors(Round::Plan plan, Knock::Manner manner, Words words, Round::Done done)
    : loop_(plan.loop),
      owner_(plan.owner),
      endpoint_(plan.endpoint),
      manner_(std::move(manner)),
      words_(std::move(words)) {
  plan.visit = [this](const std::optional<net::SocketAddress>& address, const Round::Visited& visited) {
    knock(address, visited);
  };
  round_.emplace(std::move(plan), std::move(done));
}

void Doors::knock(const std::optional<net::SocketAddress>& address, const Round::Visited& visited) {
  const std::string where = address ? address->to_string() : endpoint_.to_string();
  auto& knock = knocks_.emplace_back(std::make_unique<Knock>(
      loop_, owner_, manner_,
      [this, visited, where](const Knock::Answer& answer) { visited(words_(where, answer)); }));
  if (address) {
    knock->start(*address);
  } else {
    knock->start(endpoint_.path);
  }
}

}  // namespace persona::doctor
