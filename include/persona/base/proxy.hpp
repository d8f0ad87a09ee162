// A proxy on the way to the gateway: `gateway.via`.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"

namespace persona {

struct Proxy {
  enum class Protocol {
    http,   ///< HTTP's CONNECT (RFC 9110 section 9.3.6)
    socks5  ///< RFC 1928
  };

  Protocol protocol = Protocol::http;
  Endpoint address;  ///< TCP; its port is not 0
  std::string user;  ///< empty: the proxy is told of none

  /// "http://proxy.example.com:3128", "socks5://alice@[::1]:1080"; percent signs in a user as RFC 3986
  /// section 2.1 has them. The message of a failure says what is expected, and never contains a password.
  static Result<Proxy> parse(std::string_view url);

  /// Whether there is a password in it, or what looks like one: then it must not be shown.
  static bool has_password(std::string_view url);

  /// Without the user: "http://proxy.example.com:3128".
  std::string to_string() const;

  friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// As messages call it: "an HTTP proxy", "a SOCKS5 proxy".
std::string_view in_words(Proxy::Protocol protocol);

/// What both protocols can carry of a user, or of a password: 1 to 255 bytes (RFC 1929 section 2).
inline constexpr std::size_t longest_proxy_credential = 255;

}  // namespace persona
