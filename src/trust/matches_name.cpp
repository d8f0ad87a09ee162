#include "matches_name.hpp"

#include <algorithm>

#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/dns_name.hpp"
#include "persona/x509/san.hpp"

namespace persona::trust {

namespace {

// Octet by octet, in the family asked for: an IPv4-mapped IPv6 address is not the IPv4 address here.
bool matches_address(ByteView octets, const IpAddress& address, bool written_as_v6) {
  const ByteView all(address.octets());
  const ByteView wanted = written_as_v6 ? all : all.last(4);
  return std::equal(octets.begin(), octets.end(), wanted.begin(), wanted.end());
}

bool matches_only_uri(const mbedtls_x509_crt& certificate, std::string_view id) {
  std::size_t uris = 0;
  bool found = false;
  x509::for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER) {
      ++uris;
      found = as_text(value) == id;
    }
    return true;
  });
  return uris == 1 && found;
}

}  // namespace

bool is_spiffe_id(std::string_view name) {
  return name.starts_with("spiffe://");
}

bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name) {
  if (is_spiffe_id(name)) {
    return matches_only_uri(certificate, name);
  }
  const auto address = IpAddress::parse(name);
  const bool written_as_v6 = name.find(':') != std::string_view::npos;
  name = without_final_dot(name);
  bool found = false;
  x509::for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (address) {
      found = type == MBEDTLS_X509_SAN_IP_ADDRESS && matches_address(value, *address, written_as_v6);
    } else {
      found = type == MBEDTLS_X509_SAN_DNS_NAME && x509::matches_dns_name(as_text(value), name);
    }
    return !found;
  });
  return found;
}

}  // namespace persona::trust
