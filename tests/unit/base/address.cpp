#include "persona/base/address.hpp"

#include <doctest/doctest.h>

using persona::Cidr;
using persona::IpAddress;

namespace {

std::string text_of(const char* text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "none";
}

bool contains(const char* block, const char* address) {
  return Cidr::parse(block).value().contains(IpAddress::parse(address).value());
}

std::string cidr_error(const char* text) {
  const auto block = Cidr::parse(text);
  return block ? "none: " + block->to_string() : block.error().message;
}

}  // namespace

TEST_CASE("an address prints the way it is usually written") {
  CHECK(text_of("127.0.0.1") == "127.0.0.1");
  CHECK(text_of("::ffff:10.1.2.3") == "10.1.2.3");
  CHECK(text_of("2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(text_of("::") == "::");
}

TEST_CASE("only plain numeric addresses parse") {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "localhost"sv, "127.1"sv, "0177.0.0.1"sv, "256.0.0.1"sv, "1.2.3.4 "sv, "[::1]"sv,
        "fe80::1%eth0"sv, ":::"sv, "127.0.0.1\0x"sv, "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"sv}) {
    CAPTURE(text);
    CHECK(!IpAddress::parse(text));
  }
}

TEST_CASE("IPv4 and its IPv6-mapped form are one address") {
  CHECK(IpAddress::parse("127.0.0.1") == IpAddress::parse("::ffff:7f00:1"));
  CHECK(IpAddress::parse("::ffff:7f00:1")->is_loopback());
  CHECK(contains("127.0.0.0/8", "::ffff:127.3.2.1"));
}

TEST_CASE("loopback is all of 127.0.0.0/8 and ::1") {
  CHECK(IpAddress::parse("127.255.255.254")->is_loopback());
  CHECK(IpAddress::parse("::1")->is_loopback());
  CHECK(!IpAddress::parse("128.0.0.1")->is_loopback());
  CHECK(!IpAddress::parse("::2")->is_loopback());
  CHECK(!IpAddress::parse("1::1")->is_loopback());
  CHECK(!IpAddress::parse("0.0.0.0")->is_loopback());
}

TEST_CASE("a block contains its first and last address and not their neighbours") {
  CHECK(contains("10.64.0.0/10", "10.64.0.0"));
  CHECK(contains("10.64.0.0/10", "10.127.255.255"));
  CHECK(!contains("10.64.0.0/10", "10.63.255.255"));
  CHECK(!contains("10.64.0.0/10", "10.128.0.0"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::"));
  CHECK(!contains("2001:db8::/33", "2001:db8:8000::"));
  CHECK(contains("0.0.0.0/0", "255.255.255.255"));
  CHECK(contains("192.0.2.7", "192.0.2.7"));
  CHECK(!contains("192.0.2.7", "192.0.2.6"));
}

TEST_CASE("a block of one family has no address of the other") {
  CHECK(contains("::/0", "2001:db8::1"));
  CHECK(!contains("::/0", "127.0.0.1"));
  CHECK(!contains("0.0.0.0/0", "2001:db8::1"));
}

TEST_CASE("a block prints in the family it was written in") {
  CHECK(Cidr::parse("127.0.0.0/8")->to_string() == "127.0.0.0/8");
  CHECK(Cidr::parse("10.1.2.3")->to_string() == "10.1.2.3/32");
  CHECK(Cidr::parse("::1")->to_string() == "::1/128");
  CHECK(Cidr::parse("::/0")->to_string() == "::/0");
}

TEST_CASE("a bad block is refused with a sentence") {
  CHECK(cidr_error("10.0.0.1/8") == "\"10.0.0.1/8\" has bits set after its prefix; write 10.0.0.0/8");
  CHECK(cidr_error("10.0.0.0/33") == "the prefix length of \"10.0.0.0/33\" must be a number from 0 to 32");
  CHECK(cidr_error("::/129") == "the prefix length of \"::/129\" must be a number from 0 to 128");
  CHECK(cidr_error("10.0.0.0/") == "the prefix length of \"10.0.0.0/\" must be a number from 0 to 32");
  CHECK(cidr_error("10.0.0.0/-1") == "the prefix length of \"10.0.0.0/-1\" must be a number from 0 to 32");
  CHECK(cidr_error("10/8") == "\"10/8\" is not an address block; write one like 10.0.0.0/8 or \"::1/128\"");
  CHECK(cidr_error("") == "\"\" is not an address block; write one like 10.0.0.0/8 or \"::1/128\"");
}
