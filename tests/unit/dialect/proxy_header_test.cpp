#include "persona/dialect/proxy_header.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;

namespace {

std::string header_bytes(const ProxyHeader& header) {
  Buffer output;
  append_proxy_header(header, output);
  return std::string(as_text(output.view()));
}

ProxyHeader::Place place(std::string_view address, std::uint16_t port) {
  return {IpAddress::parse(address).value(), port};
}

const std::string proxy_v2 = "\r\n\r\n\0\r\nQUIT\n\x21"s;

}  // namespace

TEST_CASE("a PROXY header has both addresses of one family") {
  CHECK(header_bytes({place("192.0.2.7", 4660), place("198.51.100.1", 443), "", {}}) ==
        proxy_v2 + "\x11\0\x0c\xc0\0\2\7\xc6\x33\x64\1\x12\x34\1\xbb"s);
  CHECK(
      header_bytes({place("2001:db8::7", 4660), place("2001:db8::1", 443), "", {}}) ==
      proxy_v2 +
          "\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34\1\xbb"s);
  const std::string mixed = header_bytes({place("192.0.2.7", 1), place("2001:db8::1", 2), "", {}});
  CHECK(mixed.substr(0, 16) == proxy_v2 + "\x21\0\x24"s);
  CHECK(mixed.substr(16, 16) == "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7"s);
}

TEST_CASE("a PROXY header of an unknown source is still one") {
  CHECK(header_bytes({}) == proxy_v2 + "\0\0\0"s);
  CHECK(header_bytes({place("192.0.2.7", 4660), std::nullopt, "", {}}) == proxy_v2 + "\0\0\0"s);
}

TEST_CASE("a PROXY header tells ALPN, version, suite and common name, and whether there is a certificate") {
  ProxyHeader header;
  header.alpn = "postgresql";
  header.tls = ProxyHeader::Tls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "laptop", true, false};
  const std::string common = "\x21\0\7TLSv1.3\x22\0\6laptop\x23\0\x16TLS_AES_256_GCM_SHA384"s;
  CHECK(header_bytes(header) ==
        proxy_v2 + "\0\0\x41"s + "\1\0\x0apostgresql"s + "\x20\0\x31\7\0\0\0\0"s + common);
  header.alpn.clear();
  header.tls->is_resumed = true;
  CHECK(header_bytes(header) == proxy_v2 + "\0\0\x34"s + "\x20\0\x31\5\0\0\0\0"s + common);
  header.tls = ProxyHeader::Tls{"TLSv1.2", "", std::string(256, 'x'), false, false};
  CHECK(header_bytes(header) == proxy_v2 + "\0\0\x12"s + "\x20\0\x0f\1\0\0\0\1"s + "\x21\0\7TLSv1.2"s);
}
