// Bytes for tests.
#pragma once

#include <random>
#include <string_view>

#include <doctest/doctest.h>

#include "persona/base/bytes.hpp"

namespace persona::tls::test {

inline Bytes random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  Bytes bytes(count);
  for (auto& byte : bytes) {
    byte = static_cast<std::uint8_t>(generator());
  }
  return bytes;
}

inline Bytes hex(std::string_view digits) {
  Bytes bytes;
  unsigned value = 0;
  int count = 0;
  for (const char digit : digits) {
    if (digit == ' ' || digit == '\n') {
      continue;
    }
    const bool letter = digit >= 'a' && digit <= 'f';
    REQUIRE((letter || (digit >= '0' && digit <= '9')));
    value = value << 4 | static_cast<unsigned>(letter ? digit - 'a' + 10 : digit - '0');
    if (++count == 2) {
      bytes.push_back(static_cast<std::uint8_t>(value));
      value = 0;
      count = 0;
    }
  }
  REQUIRE(count == 0);
  return bytes;
}

}  // namespace persona::tls::test
