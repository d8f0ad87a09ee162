// What ends say in memory before the keys are agreed upon.
#pragma once

#include <doctest/doctest.h>

#include "../../support/hello.hpp"
#include "ends.hpp"

namespace persona::tls::test {

/// A fatal alert in the clear.
inline Bytes plain_alert(AlertDescription description) {
  return {21, 3, 3, 0, 2, 2, static_cast<std::uint8_t>(description)};
}

/// All that is on the wire.
inline Bytes drain(Buffer& wire) {
  Bytes all = bytes_of(wire.view());
  wire.clear();
  return all;
}

/// What an end said in a ClientHello, first or second.
inline Bytes client_hello(Pair& pair) {
  ByteView none;
  REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
  return drain(pair.to_server);
}

inline ContextOptions with_groups(ContextOptions options, std::vector<std::uint16_t> groups) {
  options.groups = std::move(groups);
  return options;
}

}  // namespace persona::tls::test
