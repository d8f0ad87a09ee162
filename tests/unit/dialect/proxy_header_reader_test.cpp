#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "persona/base/text.hpp"
#include "persona/dialect/proxy_header.hpp"

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;
using Reader = ProxyHeaderReader;

namespace {

const std::string signature_v2 = "\r\n\r\n\0\r\nQUIT\n"s;

/// As a stream is read: never more than is wanted. What is left is the client's.
Reader::State feed(Reader& reader, std::string_view& bytes, std::size_t piece) {
  Reader::State state = Reader::State::wants_more;
  while (!bytes.empty() && reader.wanted() > 0) {
    const std::size_t size = std::min({piece, reader.wanted(), bytes.size()});
    state = reader.received(as_bytes(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return state;
}

std::string header_of(std::uint8_t command, std::uint8_t family, const std::string& body) {
  std::string header = signature_v2;
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(body.size() >> 8U);
  header += static_cast<char>(body.size() & 0xffU);
  return header + body;
}

const std::string v4_addresses = "\xc0\0\2\7\xc6\x33\x64\1\x12\x34\1\xbb"s;

}  // namespace

TEST_CASE("who is relayed is read from the header, and not a byte behind it") {
  struct Good {
    std::string header;
    std::string source;
    std::uint16_t port;
  };
  const std::string v6 = "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"s;
  const std::vector<Good> all = {
      {header_of(0x21, 0x11, v4_addresses), "192.0.2.7", 4660},
      {header_of(0x21, 0x11, v4_addresses + "\x20\0\5\1\0\0\0\0\4\0\0"s), "192.0.2.7", 4660},
      {header_of(0x21, 0x21, v6 + v6 + "\x12\x34\1\xbb"), "2001:db8::7", 4660},
      {header_of(0x21, 0x00, ""), "", 0},
      {header_of(0x21, 0x00, "\1\0\2h2"s), "", 0},
      {header_of(0x21, 0x31, std::string(216, 'x')), "", 0},
      {header_of(0x20, 0x00, ""), "", 0},
      {header_of(0x20, 0x11, v4_addresses), "", 0},
      {header_of(0x20, 0x00, "whatever"), "", 0},
      {header_of(0x21, 0x00, "\4\x0f\xfd"s + std::string(4093, 'x')), "", 0},  // 4096 bytes
  };
  for (const Good& good : all) {
    CAPTURE(good.header.size());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      Reader reader;
      const std::string bytes = good.header + "\x16\x03\x01";
      std::string_view left = bytes;
      CHECK(feed(reader, left, piece) == Reader::State::complete);
      CHECK(left == "\x16\x03\x01");
      CHECK(reader.wanted() == 0);
      CHECK(reader.error().empty());
      REQUIRE(reader.source().has_value() == !good.source.empty());
      if (reader.source()) {
        CHECK(reader.source()->address.to_string() == good.source);
        CHECK(reader.source()->port == good.port);
      }
    }
  }
}

TEST_CASE("what we write is read") {
  Buffer output;
  append_proxy_header({ProxyHeader::Place{*IpAddress::parse("2001:db8::9"), 9},
                       ProxyHeader::Place{*IpAddress::parse("192.0.2.1"), 1}, "alpn",
                       ProxyHeader::Tls{"TLSv1.3", "suite", "name", true, false}},
                      output);
  Reader reader;
  std::string_view left = as_text(output.view());
  CHECK(feed(reader, left, 1000) == Reader::State::complete);
  CHECK(left.empty());
  CHECK(reader.source()->address.to_string() == "2001:db8::9");
}

TEST_CASE("what is no header is said at the first byte that shows it, and nothing follows") {
  struct Bad {
    std::string bytes;
    std::string words;
  };
  const std::vector<Bad> all = {
      {"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n", "speaks version 1 of the PROXY protocol"},
      {"PROXY UNKNOWN\r\n", "speaks version 1"},
      {"P", "speaks version 1"},
      {"\x16\x03\x01\x02\0"s, "sent no PROXY header, but \"\\u0016\\u0003\\u0001"},
      {"\r\n\r\nX", "sent no PROXY header"},
      {header_of(0x11, 0x11, v4_addresses), "with version and command 0x11"},
      {header_of(0x22, 0x11, v4_addresses), "with version and command 0x22"},
      {header_of(0x21, 0x12, v4_addresses), "of family 0x12, which is no stream's"},
      {header_of(0x21, 0x11, v4_addresses.substr(1)), "too short: 11 bytes for addresses that take 12"},
      {header_of(0x21, 0x11, v4_addresses + "\1\0"s), "additions (TLVs) do not end where it ends"},
      {header_of(0x21, 0x11, v4_addresses + "\1\0\3h2"s), "additions (TLVs)"},
      {header_of(0x21, 0x00, std::string(4097, 'x')), "of 4113 bytes; persona reads 4112 at most"},
      {header_of(0x20, 0x00, std::string(65535, 'x')), "of 65551 bytes"},
  };
  for (const Bad& bad : all) {
    CAPTURE(bad.words);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100'000}}) {
      Reader reader;
      std::string_view left = bad.bytes;
      CHECK(feed(reader, left, piece) == Reader::State::failed);
      if (piece > 1) {
        CHECK_MESSAGE(reader.error().find(bad.words) != std::string::npos, reader.error());
      }
      CHECK(printable(reader.error()) == reader.error());
      CHECK(reader.wanted() == 0);
      CHECK_FALSE(reader.source());
      CHECK(reader.received(as_bytes("more")) == Reader::State::failed);
    }
  }
}
