// RFC 9525 section 6: does a certificate carry the name that was asked for?
#include <algorithm>

#include <mbedtls/x509_crt.h>

#include "dns_name.hpp"
#include "persona/base/address.hpp"
#include "persona/identity/verify.hpp"
#include "san.hpp"

namespace persona::identity {

namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t longest_label = 63;

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char character) {
           const char lower = ascii_lower(character);
           return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') ||
                  character == '-';
         });
}

// Byte by byte in the family that was written: an IPv4-mapped IPv6 address is not the IPv4 address here.
bool matches_address(ByteView octets, const IpAddress& address, bool written_as_v6) {
  const ByteView all(address.octets());
  const ByteView wanted = written_as_v6 ? all : all.last(4);
  return std::equal(octets.begin(), octets.end(), wanted.begin(), wanted.end());
}

}  // namespace

bool same_dns_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char l, char r) { return ascii_lower(l) == ascii_lower(r); });
}

bool is_dns_name(std::string_view name) {
  if (name.size() > longest_name) {
    return false;
  }
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_label(name.substr(0, dot))) {
      return false;
    }
    name.remove_prefix(dot + 1);
  }
  return is_label(name);
}

bool matches_dns_name(std::string_view in_certificate, std::string_view name) {
  if (!is_dns_name(name)) {
    return false;
  }
  if (!in_certificate.starts_with("*.")) {
    return same_dns_name(in_certificate, name);
  }
  const std::string_view parent = in_certificate.substr(2);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && same_dns_name(name.substr(dot + 1), parent) &&
         !is_public_suffix(parent);
}

bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name) {
  const auto address = IpAddress::parse(name);
  const bool written_as_v6 = name.find(':') != std::string_view::npos;
  if (name.ends_with('.')) {
    name.remove_suffix(1);  // "db.example.com." is the absolute form of the same name
  }
  bool found = false;
  for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (address) {
      found = type == MBEDTLS_X509_SAN_IP_ADDRESS && matches_address(value, *address, written_as_v6);
    } else {
      found = type == MBEDTLS_X509_SAN_DNS_NAME && matches_dns_name(as_text(value), name);
    }
    return !found;
  });
  return found;
}

}  // namespace persona::identity
