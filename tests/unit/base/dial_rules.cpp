#include "persona/base/dial_rules.hpp"

#include <doctest/doctest.h>

using namespace persona;

namespace {

using Names = std::vector<std::string>;

std::vector<Cidr> blocks(const std::vector<const char*>& texts) {
  std::vector<Cidr> result;
  for (const char* text : texts) {
    result.push_back(Cidr::parse(text).value());
  }
  return result;
}

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

}  // namespace

TEST_CASE("without rules a dial may go anywhere") {
  const DialRules rules;
  CHECK(!rules.restricts());
  CHECK(rules.admits_host("anything"));
  CHECK(rules.admits_host("::1"));
  CHECK(rules.admits(ip("203.0.113.9")));
}

TEST_CASE("a host is matched by labels, in any case, with or without its trailing dot") {
  const DialRules rules({"db.example.com", "*.Internal.example.org."}, {});
  CHECK(rules.restricts());
  struct Case {
    std::string_view host;
    bool admitted;
  };
  for (const auto& [host, admitted] : {
           Case{"db.example.com", true},
           Case{"DB.Example.COM", true},
           Case{"db.example.com.", true},
           Case{"db.example.com..", false},
           Case{"xdb.example.com", false},
           Case{"a.db.example.com", false},
           Case{"db.example.com.evil.org", false},
           Case{"db.example.co", false},
           Case{"a.internal.example.org", true},
           Case{"A.INTERNAL.example.org.", true},
           Case{"a.b.internal.example.org", true},
           Case{"internal.example.org", false},  // the name itself is not below it
           Case{".internal.example.org", false},
           Case{"ainternal.example.org", false},
           Case{"*.internal.example.org", true},
           Case{"example.org", false},
           Case{"", false},
           Case{".", false},
           Case{"10.0.0.1", false},  // names alone: no address
           Case{"::1", false},
       }) {
    const auto& name = host;  // Clang 14 captures no binding
    CAPTURE(name);
    CHECK(rules.admits_host(host) == admitted);
  }
  CHECK(rules.admits_host(std::string(300, 'a') + ".internal.example.org"));
  CHECK(!rules.admits_host(std::string_view("db.example.com\0", 15)));
}

TEST_CASE("numeric addresses never match a name") {
  const DialRules rules({"*.0.0.1", "10.0.0.1"}, {});
  CHECK(!rules.admits_host("127.0.0.1"));
  CHECK(!rules.admits_host("10.0.0.1"));
}

TEST_CASE("an address must be in a block of its family") {
  const DialRules rules({}, blocks({"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"}));
  CHECK(rules.admits_host("any.example.com"));
  CHECK(rules.admits_host("203.0.113.9"));  // the address is asked for next
  struct Case {
    std::string_view address;
    bool admitted;
  };
  for (const auto& [address, admitted] : {
           Case{"10.0.0.0", true},
           Case{"10.255.255.255", true},
           Case{"11.0.0.0", false},
           Case{"9.255.255.255", false},
           Case{"::ffff:10.1.2.3", true},  // IPv4 in the clothes of IPv6
           Case{"::ffff:11.1.2.3", false},
           Case{"::10.1.2.3", false},  // IPv4-compatible is no IPv4
           Case{"64:ff9b::10.1.2.3", false},
           Case{"2001:db8:ffff::1", true},
           Case{"2001:db9::1", false},
           Case{"192.0.2.7", true},
           Case{"192.0.2.6", false},
           Case{"::1", false},
       }) {
    const auto& tried = address;
    CAPTURE(tried);
    CHECK(rules.admits(ip(address)) == admitted);
  }
  CHECK(!DialRules({}, blocks({"::/0"})).admits(ip("10.0.0.1")));
  CHECK(!DialRules({}, blocks({"0.0.0.0/0"})).admits(ip("::1")));
}

TEST_CASE("with names and blocks, a name is still held to the blocks") {
  const DialRules rules({"*.example.com"}, blocks({"10.0.0.0/8"}));
  CHECK(rules.admits_host("db.example.com"));
  CHECK(!rules.admits_host("db.example.org"));
  CHECK(rules.admits_host("10.0.0.1"));
  CHECK(rules.admits(ip("10.0.0.1")));
  CHECK(!rules.admits(ip("203.0.113.9")));
}

TEST_CASE("a refusal names what was to be dialled and the rules") {
  const DialRules rules({"*.example.com"}, blocks({"10.0.0.0/8", "::1"}));
  CHECK(rules.refusal_of_host("db.example.org") ==
        "db.example.org matches no name in gateway.allowed_addresses (*.example.com)");
  const std::vector<IpAddress> addresses{ip("203.0.113.9"), ip("2001:db8::9")};
  CHECK(rules.refusal_of("db.example.com", addresses) ==
        "none of the addresses of db.example.com (203.0.113.9, 2001:db8::9) is in gateway.allowed_addresses "
        "(10.0.0.0/8, ::1/128)");
  CHECK(rules.refusal_of("203.0.113.9", std::span(addresses).first(1)) ==
        "203.0.113.9 is not in gateway.allowed_addresses (10.0.0.0/8, ::1/128)");
  const std::vector<IpAddress> many(20, ip("203.0.113.9"));
  CHECK(rules.refusal_of("db.example.com", many).find("203.0.113.9 and 12 more)") != std::string::npos);
  const DialRules names_only({"*.example.com"}, {});
  CHECK(names_only.refusal_of_host("10.0.0.1") ==
        "10.0.0.1 matches no name in gateway.allowed_addresses (*.example.com)");
}
