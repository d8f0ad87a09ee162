#include "persona/dialect/proxy_header.hpp"

#include "persona/base/bytes.hpp"
#include "proxy_header_parts.hpp"

namespace persona::dialect {

namespace {

// Section 2.2.6: types of TLVs.
constexpr std::uint8_t tlv_alpn = 0x01;
constexpr std::uint8_t tlv_tls = 0x20;
constexpr std::uint8_t tlv_tls_version = 0x21;
constexpr std::uint8_t tlv_tls_common_name = 0x22;
constexpr std::uint8_t tlv_tls_cipher = 0x23;
constexpr std::uint8_t client_has_tls = 0x01;
constexpr std::uint8_t client_has_certificate_here = 0x02;
constexpr std::uint8_t client_has_certificate = 0x04;

constexpr std::size_t longest_tlv_text = 255;

void append_16(std::size_t number, Bytes& bytes) {
  bytes.push_back(static_cast<std::uint8_t>(number >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(number));
}

void append_tlv(std::uint8_t type, ByteView value, Bytes& bytes) {
  bytes.push_back(type);
  append_16(value.size(), bytes);
  bytes.insert(bytes.end(), value.begin(), value.end());
}

void append_text_tlv(std::uint8_t type, std::string_view text, Bytes& bytes) {
  if (!text.empty() && text.size() <= longest_tlv_text) {
    append_tlv(type, as_bytes(text), bytes);
  }
}

// The rest is zero if the client has presented a certificate and it was verified: it never is with one that
// was not.
Bytes tls_tlv(const ProxyHeader::Tls& tls) {
  const std::uint8_t client =
      static_cast<std::uint8_t>(client_has_tls | (tls.has_certificate ? client_has_certificate : 0) |
                                (tls.has_certificate && !tls.is_resumed ? client_has_certificate_here : 0));
  Bytes bytes = {client, 0, 0, 0, static_cast<std::uint8_t>(tls.has_certificate ? 0 : 1)};
  append_text_tlv(tlv_tls_version, tls.version, bytes);
  append_text_tlv(tlv_tls_common_name, tls.common_name, bytes);
  append_text_tlv(tlv_tls_cipher, tls.cipher, bytes);
  return bytes;
}

void append_addresses(const ProxyHeader::Place& from, const ProxyHeader::Place& to, bool v4, Bytes& bytes) {
  for (const IpAddress& address : {from.address, to.address}) {
    const auto& octets = address.octets();
    bytes.insert(bytes.end(), octets.begin() + (v4 ? 12 : 0), octets.end());
  }
  append_16(from.port, bytes);
  append_16(to.port, bytes);
}

}  // namespace

void append_proxy_header(const ProxyHeader& header, Buffer& output) {
  Bytes body;
  std::uint8_t family = family_unknown;
  if (header.source && header.destination) {
    const bool v4 = header.source->address.is_v4() && header.destination->address.is_v4();
    family = v4 ? family_tcp_v4 : family_tcp_v6;
    append_addresses(*header.source, *header.destination, v4, body);
  }
  append_text_tlv(tlv_alpn, header.alpn, body);
  if (header.tls) {
    append_tlv(tlv_tls, tls_tlv(*header.tls), body);
  }
  Bytes start(proxy_signature.begin(), proxy_signature.end());
  start.push_back(proxied_by_v2);
  start.push_back(family);
  append_16(body.size(), start);
  output.append(start);
  output.append(body);
}

}  // namespace persona::dialect
