#include "address_text.hpp"

#include "persona/base/sockets.hpp"

namespace persona::detail {

namespace {

template <class Octets>
std::optional<Octets> from_text(int family, const std::string& text) {
  Octets octets{};
  if (inet_pton(family, text.c_str(), octets.data()) != 1) {
    return std::nullopt;
  }
  return octets;
}

template <class Octets>
std::string to_text(int family, const Octets& octets) {
  char text[INET6_ADDRSTRLEN] = {};
  const char* written = inet_ntop(family, octets.data(), text, sizeof(text));
  return written == nullptr ? "" : written;
}

}  // namespace

std::optional<Ipv4Octets> ipv4_from_text(const std::string& text) {
  return from_text<Ipv4Octets>(AF_INET, text);
}
std::optional<Ipv6Octets> ipv6_from_text(const std::string& text) {
  return from_text<Ipv6Octets>(AF_INET6, text);
}
std::string ipv4_to_text(const Ipv4Octets& octets) {
  return to_text(AF_INET, octets);
}
std::string ipv6_to_text(const Ipv6Octets& octets) {
  return to_text(AF_INET6, octets);
}

}  // namespace persona::detail
