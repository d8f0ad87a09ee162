#include "persona/base/endpoint.hpp"

#include <doctest/doctest.h>

using persona::Endpoint;
using persona::is_valid_host;

namespace {

std::string refusal_of_endpoint(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  return endpoint ? "none: " + endpoint->to_string() : endpoint.error().message;
}

}  // namespace

TEST_CASE("names, addresses and socket paths print as they were written") {
  for (const char* text : {"127.0.0.1:5432", "db.example.com:5433", "[::1]:80", "localhost:0", "a-b_c:65535",
                           "db.example.com.:1", "unix:/run/persona/pg.sock", "[::ffff:127.0.0.1]:1"}) {
    CAPTURE(text);
    CHECK(Endpoint::parse(text).value().to_string() == text);
  }
  const Endpoint endpoint = Endpoint::parse("[2001:db8::1]:5432").value();
  CHECK(endpoint.host == "2001:db8::1");
  CHECK(endpoint.port == 5432);
  CHECK(!endpoint.is_unix());
  CHECK(Endpoint::parse("unix:/a:b").value().path == "/a:b");
}

TEST_CASE("what is wrong with an address is said in words") {
  CHECK(refusal_of_endpoint("") == "the address is empty; write HOST:PORT, \"[IPV6]:PORT\" or unix:/PATH");
  CHECK(refusal_of_endpoint("db.example.com") == "\"db.example.com\" has no port; write db.example.com:PORT");
  CHECK(refusal_of_endpoint("db.example.com:") ==
        "\"db.example.com:\" has no port; write db.example.com:PORT");
  CHECK(refusal_of_endpoint("[::1]") == "\"[::1]\" has no port; write \"[::1]:PORT\"");
  CHECK(refusal_of_endpoint("[::1]:") == "\"[::1]:\" has no port; write \"[::1]:PORT\"");
  CHECK(refusal_of_endpoint("db:pg") == "port \"pg\" is not a number");
  CHECK(refusal_of_endpoint("db:-1") == "port \"-1\" is not a number");
  CHECK(refusal_of_endpoint("db:65536") == "port 65536 is out of range; ports go up to 65535");
  CHECK(refusal_of_endpoint("db:99999999999999999999") ==
        "port 99999999999999999999 is out of range; ports go up to 65535");
  CHECK(refusal_of_endpoint("::1:5432") == "an IPv6 address needs brackets; write \"[::1]:5432\"");
  CHECK(refusal_of_endpoint("2001:db8::1:5432") ==
        "an IPv6 address needs brackets; write \"[2001:db8::1]:5432\"");
  CHECK(refusal_of_endpoint("fe80::a") == "\"fe80::a\" has no port; write \"[fe80::a]:PORT\"");
  CHECK(refusal_of_endpoint("a:b:1") == "\"a:b:1\" is not HOST:PORT, \"[IPV6]:PORT\" or unix:/PATH");
  CHECK(refusal_of_endpoint("[::1") == "\"[::1\" has no closing bracket");
  CHECK(refusal_of_endpoint("[::1]5432") == "\"[::1]5432\" has something other than :PORT after the bracket");
  CHECK(refusal_of_endpoint("[db]:5432") == "\"db\" is not an IPv6 address; only those go in brackets");
  CHECK(refusal_of_endpoint("[127.0.0.1]:1") ==
        "\"127.0.0.1\" is not an IPv6 address; only those go in brackets");
  CHECK(refusal_of_endpoint("[fe80::1%eth0]:1") ==
        "\"fe80::1%eth0\" is not an IPv6 address; only those go in brackets");
  CHECK(refusal_of_endpoint(":5432") == "the host is missing; write HOST:5432");
  CHECK(refusal_of_endpoint("*:80") ==
        "\"*\" is not a host; every address is two, IPv4's and IPv6's: [0.0.0.0:80, \"[::]:80\"]");
  CHECK(refusal_of_endpoint("d b:80") == "\"d b\" is not a host name or an address");
  CHECK(refusal_of_endpoint("a..b:80") == "\"a..b\" is not a host name or an address");
  CHECK(refusal_of_endpoint("1.2.3.256:80") == "\"1.2.3.256\" is not an IPv4 address");
  CHECK(refusal_of_endpoint("a..:80") == "\"a..\" is not a host name or an address");
  CHECK(refusal_of_endpoint(".:80") == "\".\" is not a host name or an address");
  CHECK(refusal_of_endpoint("1.2.3.4.:80") == "\"1.2.3.4.\" is not a host name or an address");
  CHECK(refusal_of_endpoint("postgres://db:80") ==
        "\"postgres://db:80\" is a URL; write HOST:PORT without \"postgres://\"");
  CHECK(refusal_of_endpoint("unix:") == "\"unix:\" has no path; write unix:/run/persona/NAME.sock");
  CHECK(refusal_of_endpoint("unix:pg.sock") ==
        "the socket path \"pg.sock\" is not absolute; write unix:/run/persona/NAME.sock");
  CHECK(refusal_of_endpoint("d\x1b[31mb:1") == "\"d\\u001b[31mb\" is not a host name or an address");
}

TEST_CASE("a socket path ends where the system's address structure does") {
  CHECK(Endpoint::parse("unix:/" + std::string(106, 'a')).has_value());
  CHECK(refusal_of_endpoint("unix:/" + std::string(107, 'a')) ==
        "the socket path is 108 bytes long; the system allows 107");
}

TEST_CASE("local is what no other machine can reach") {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "LocalHost.:1", "unix:/x",
                           "[::ffff:127.0.0.1]:1"}) {
    CAPTURE(text);
    CHECK(Endpoint::parse(text).value().is_local());
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.com:1", "localhos:1"}) {
    CAPTURE(text);
    CHECK(!Endpoint::parse(text).value().is_local());
  }
}

TEST_CASE("a host is an address or a name that no resolver takes for an address") {
  CHECK(is_valid_host("db"));
  CHECK(is_valid_host("xn--bcher-kva.example"));
  CHECK(is_valid_host("_pg.example.com"));
  CHECK(is_valid_host("::1"));
  CHECK(is_valid_host(std::string(63, 'a')));
  for (const std::string& host : {std::string(), std::string("a."), std::string(".a"), std::string("127.1"),
                                  std::string("2130706433"), std::string("0x7f000001"), std::string("a.0X7f"),
                                  std::string("b\xc3\xbc"
                                              "cher"),
                                  std::string(64, 'a'), std::string("a\0b", 3)}) {
    CAPTURE(host);
    CHECK(!is_valid_host(host));
  }
  std::string longest = "a";
  while (longest.size() < 253) {
    longest += ".a";
  }
  CHECK(is_valid_host(longest));
  CHECK(!is_valid_host(longest + ".a"));
}
