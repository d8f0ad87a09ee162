#include "persona/identity/digest.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using persona::identity::content_digest;
using support::TemporaryFolder;

TEST_CASE("the digest is of contents, not of times or names") {
  REQUIRE(persona::identity::initialise_crypto());
  const TemporaryFolder folder;
  const auto one = folder.write("one", "same");
  const auto digest = content_digest({one});
  CHECK(digest.size() == 32);
  CHECK(content_digest({folder.write("two", "same")}) == digest);
  CHECK(content_digest({folder.write("one", "same")}) == digest);
  CHECK(content_digest({folder.write("one", "other")}) != digest);
}

TEST_CASE("what moves from one file to the next makes a difference") {
  REQUIRE(persona::identity::initialise_crypto());
  const TemporaryFolder folder;
  const auto before = content_digest({folder.write("a", "xy"), folder.write("b", "z")});
  CHECK(content_digest({folder.write("a", "x"), folder.write("b", "yz")}) != before);
}

TEST_CASE("a file that cannot be read is told from an empty one") {
  REQUIRE(persona::identity::initialise_crypto());
  const TemporaryFolder folder;
  const auto missing = content_digest({folder.path() / "a"});
  CHECK(missing.size() == 32);
  CHECK(content_digest({folder.path() / "a"}) == missing);
  CHECK(content_digest({folder.write("a", "")}) != missing);
}
