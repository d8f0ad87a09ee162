#include "persona/config/config.hpp"

#include <algorithm>
#include <limits>

namespace persona::config {

std::vector<Cidr> effective_access(const Config& config) {
  if (config.access.allow) {
    return *config.access.allow;
  }
  if (config.mode == Mode::gateway) {
    return {Cidr::parse("0.0.0.0/0").value(), Cidr::parse("::/0").value()};
  }
  return {Cidr::parse("127.0.0.0/8").value(), Cidr::parse("::1/128").value()};
}

bool is_same(const Listen& one, const Listen& other) {
  return one.value == other.value && one.mode == other.mode && one.relays == other.relays &&
         one.unsafe == other.unsafe && one.group.has_value() == other.group.has_value() &&
         (!one.group || one.group->value == other.group->value);
}

std::size_t effective_handshakes(const Limits& limits) {
  constexpr std::size_t least = 100;
  constexpr std::size_t most = 4096;
  return limits.handshakes.value_or(std::clamp(limits.connections, least, most));
}

std::size_t effective_per_source(const Limits& limits, bool loopback) {
  const std::size_t all_but_a_tenth = limits.connections - limits.connections / 10;
  return limits.per_source.value_or(loopback ? std::numeric_limits<std::size_t>::max() : all_but_a_tenth);
}

}  // namespace persona::config
