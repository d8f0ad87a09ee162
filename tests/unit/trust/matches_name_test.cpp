#include "trust/matches_name.hpp"

#include <doctest/doctest.h>

#include "../../forge/test_authority.hpp"

using persona::trust::matches_name;

namespace {

bool matches(const std::vector<std::string>& in_certificate, std::string_view name) {
  return matches_name(*support::server_certificate(in_certificate).get(), name);
}

bool address_matches(const std::string& in_certificate, std::string_view name) {
  return matches_name(*support::server_certificate({}, {in_certificate}).get(), name);
}

}  // namespace

TEST_CASE("a DNS name matches whatever its case and a final dot") {
  CHECK(matches({"db.example.com"}, "db.example.com"));
  CHECK(matches({"DB.Example.com"}, "db.eXample.COM"));
  CHECK(matches({"db.example.com"}, "db.example.com."));
  CHECK(matches({"a.example.com", "db.example.com"}, "db.example.com"));
  CHECK(matches({"localhost"}, "localhost"));
}

TEST_CASE("another DNS name does not match") {
  CHECK_FALSE(matches({"db.example.com"}, "example.com"));
  CHECK_FALSE(matches({"db.example.com"}, "x.db.example.com"));
  CHECK_FALSE(matches({"db.example.com"}, "db.example.co"));
  CHECK_FALSE(matches({"db.example.com"}, "db.example.com.."));
  CHECK_FALSE(matches({"db.example.com"}, ""));
  CHECK_FALSE(matches({"db.example.com"}, "."));
  CHECK_FALSE(matches({"db.example.com."}, "db.example.com"));
  CHECK_FALSE(matches({}, "db.example.com"));
}

TEST_CASE("a name with an underscore matches itself and no wildcard") {
  CHECK(matches({"db_1.example.com"}, "DB_1.example.com."));
  CHECK(matches({"_pg"}, "_pg"));
  CHECK_FALSE(matches({"db_2.example.com"}, "db_1.example.com"));
  CHECK_FALSE(matches({"*.example.com"}, "db_1.example.com"));
  CHECK_FALSE(matches({"*.my_zone.test"}, "db.my_zone.test"));
}

TEST_CASE("the common name never counts") {
  CHECK_FALSE(matches({}, "server"));
  CHECK_FALSE(matches({"db.example.com"}, "server"));
}

TEST_CASE("a wildcard stands for exactly one label, the left-most") {
  CHECK(matches({"*.example.com"}, "db.example.com"));
  CHECK(matches({"*.EXAMPLE.com"}, "db.example.COM."));
  CHECK_FALSE(matches({"*.example.com"}, "example.com"));
  CHECK_FALSE(matches({"*.example.com"}, "a.db.example.com"));
  CHECK_FALSE(matches({"*.example.com"}, ".example.com"));
  CHECK_FALSE(matches({"*.example.com"}, "db.example.org"));
}

TEST_CASE("a wildcard that is part of a label, not the first or too wide never matches") {
  CHECK_FALSE(matches({"d*.example.com"}, "db.example.com"));
  CHECK_FALSE(matches({"*b.example.com"}, "db.example.com"));
  CHECK_FALSE(matches({"db.*.com"}, "db.example.com"));
  CHECK_FALSE(matches({"*.*.com"}, "db.example.com"));
  CHECK_FALSE(matches({"*.com"}, "example.com"));
  CHECK_FALSE(matches({"*"}, "localhost"));
  CHECK_FALSE(matches({"*."}, "localhost"));
  CHECK_FALSE(matches({"*..com"}, "db..com"));
}

TEST_CASE("a name with an embedded NUL never matches") {
  using namespace std::string_literals;
  CHECK_FALSE(matches({"db.example.com\0.evil.org"s}, "db.example.com"));
  CHECK_FALSE(matches({"db.example.com\0"s}, "db.example.com"));
  CHECK_FALSE(matches({"db.example.com\0"s}, "db.example.com\0"s));
  CHECK_FALSE(matches({"*.example.com\0"s}, "db.example.com"));
}

TEST_CASE("an address matches an iPAddress of the same family only") {
  CHECK(address_matches("10.0.0.1", "10.0.0.1"));
  CHECK(address_matches("2001:db8::1", "2001:0db8:0:0::1"));
  CHECK(address_matches("::ffff:10.0.0.1", "::ffff:10.0.0.1"));
  CHECK_FALSE(address_matches("10.0.0.1", "10.0.0.2"));
  CHECK_FALSE(address_matches("10.0.0.1", "::ffff:10.0.0.1"));
  CHECK_FALSE(address_matches("::ffff:10.0.0.1", "10.0.0.1"));
}

TEST_CASE("an address does not match a DNS name, nor a wildcard") {
  CHECK_FALSE(matches({"10.0.0.1"}, "10.0.0.1"));
  CHECK_FALSE(matches({"*.0.0.1"}, "10.0.0.1"));
  CHECK_FALSE(address_matches("10.0.0.1", "db.example.com"));
}
