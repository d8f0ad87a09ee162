#include "persona/base/buffer.hpp"

#include <string>

#include <doctest/doctest.h>

using persona::as_bytes;
using persona::as_text;
using persona::Buffer;

TEST_CASE("a buffer gives back what was appended, in order, across growth and moves to the front") {
  Buffer buffer(4);
  std::string expected;
  for (int round = 0; round < 100; ++round) {
    const std::string chunk = std::to_string(round) + ",";
    buffer.append(as_bytes(chunk));
    expected += chunk;
    if (round % 3 == 0) {
      buffer.consume(2);
      expected.erase(0, 2);
    }
    REQUIRE(as_text(buffer.view()) == expected);
  }
}

TEST_CASE("a released buffer holds no memory and can be used again") {
  Buffer buffer;
  buffer.append(as_bytes("abc"));
  buffer.release();
  CHECK(buffer.capacity() == 0);
  CHECK(buffer.empty());
  buffer.append(as_bytes("xyz"));
  CHECK(as_text(buffer.view()) == "xyz");
}
