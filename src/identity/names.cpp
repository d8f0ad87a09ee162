// RFC 9525 section 6: does a certificate carry the name that was asked for?
#include <algorithm>
#include <cstring>

#include <mbedtls/x509_crt.h>

#include "persona/base/address.hpp"
#include "persona/identity/verify.hpp"
#include "san.hpp"

namespace persona::identity {

namespace {

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

// ASCII only, and with lengths: a NUL is a character that no valid name has.
bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char l, char r) { return lower(l) == lower(r); });
}

bool has_empty_label(std::string_view name) {
  return name.empty() || name.front() == '.' || name.back() == '.' ||
         name.find("..") != std::string_view::npos;
}

bool matches_dns(std::string_view pattern, std::string_view name) {
  if (has_empty_label(pattern) || pattern.find('\0') != std::string_view::npos) {
    return false;
  }
  if (!pattern.starts_with("*.")) {
    return same_name(pattern, name);
  }
  const std::string_view parent = pattern.substr(1);  // ".example.com"
  if (parent.find('*') != std::string_view::npos || parent.find('.', 1) == std::string_view::npos) {
    return false;  // "*.com" would be everybody
  }
  const std::size_t first_dot = name.find('.');
  return first_dot != std::string_view::npos && same_name(name.substr(first_dot), parent);
}

// Byte by byte in the family that was written: an IPv4-mapped IPv6 address is not the IPv4 address here.
bool matches_address(ByteView octets, const IpAddress& address, bool written_as_v6) {
  const ByteView all(address.octets());
  const ByteView wanted = written_as_v6 ? all : all.last(4);
  return std::equal(octets.begin(), octets.end(), wanted.begin(), wanted.end());
}

}  // namespace

bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name) {
  const auto address = IpAddress::parse(name);
  const bool written_as_v6 = name.find(':') != std::string_view::npos;
  if (name.ends_with('.')) {
    name.remove_suffix(1);  // "db.example.com." is the absolute form of the same name
  }
  if (!address && has_empty_label(name)) {
    return false;
  }
  bool found = false;
  for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (address) {
      found = type == MBEDTLS_X509_SAN_IP_ADDRESS && matches_address(value, *address, written_as_v6);
    } else {
      found = type == MBEDTLS_X509_SAN_DNS_NAME && matches_dns(as_text(value), name);
    }
    return !found;
  });
  return found;
}

}  // namespace persona::identity
