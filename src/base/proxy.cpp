#include "persona/base/proxy.hpp"

#include <algorithm>
#include <optional>

#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::string_view proxy_form = "write http://HOST:PORT or socks5://HOST:PORT";

tl::unexpected<Error> no_proxy(std::string message) {
  return tl::unexpected<Error>(Error{ErrorKind::configuration, std::move(message)});
}

std::optional<unsigned> hex_digit(char digit) {
  if (is_digit(digit)) {
    return static_cast<unsigned>(digit - '0');
  }
  const char low = to_lower(digit);
  return low >= 'a' && low <= 'f' ? std::optional(static_cast<unsigned>(low - 'a') + 10) : std::nullopt;
}

std::optional<std::string> without_percent_signs(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return std::nullopt;
    }
    plain += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return plain;
}

// A colon separates user and password in HTTP's Basic (RFC 7617 section 2).
std::optional<Error> refusal_of_user(std::string_view user) {
  const bool is_odd = user.empty() || user.size() > longest_proxy_credential ||
                      user.find(':') != std::string_view::npos || printable(user) != user;
  return is_odd ? std::optional(Error{ErrorKind::configuration,
                                      fmt::format("the user has to be of 1 to {} bytes, without a colon and "
                                                  "without characters that cannot be seen",
                                                  longest_proxy_credential)})
                : std::nullopt;
}

Result<Proxy::Protocol> protocol_of(std::string_view scheme) {
  const std::string name = to_lower(scheme);
  if (name == "http") {
    return Proxy::Protocol::http;
  }
  if (name == "socks5") {
    return Proxy::Protocol::socks5;
  }
  if (name == "socks5h") {
    return no_proxy("write socks5://: the proxy resolves the gateway's name in any case");
  }
  if (name == "https") {
    return no_proxy(
        "persona asks a proxy in plain HTTP, since what follows is TLS with the gateway; write http://");
  }
  return no_proxy(
      fmt::format("{} is no kind of proxy that persona knows; {}", in_quotes(scheme), proxy_form));
}

}  // namespace

bool Proxy::has_password(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  url.remove_prefix(scheme_end != std::string_view::npos ? scheme_end + 3 : 0);
  const std::size_t user_end = url.rfind('@');
  return user_end != std::string_view::npos && url.find(':') < user_end;
}

Result<Proxy> Proxy::parse(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t user_end = url.rfind('@');
  if (has_password(url)) {
    return no_proxy(
        "a password has no place in a configuration; write proxy: http://USER@HOST:PORT below via:, and "
        "password_file: FILE beside it");
  }
  if (scheme_end == std::string_view::npos) {
    return no_proxy(fmt::format("the kind of proxy is missing; {}", proxy_form));
  }
  auto protocol = protocol_of(url.substr(0, scheme_end));
  if (!protocol) {
    return tl::unexpected(protocol.error());
  }
  Proxy proxy;
  proxy.protocol = *protocol;
  std::string_view rest = url.substr(scheme_end + 3);
  if (user_end != std::string_view::npos) {
    const std::size_t at = rest.rfind('@');
    auto user = without_percent_signs(rest.substr(0, at));
    if (!user) {
      return no_proxy("a percent sign in the user is written %25");
    }
    if (auto refusal = refusal_of_user(*user)) {
      return tl::unexpected(std::move(*refusal));
    }
    proxy.user = std::move(*user);
    rest.remove_prefix(at + 1);
  }
  if (rest.starts_with("unix:")) {
    return no_proxy("a proxy is dialled over TCP; write HOST:PORT");
  }
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return no_proxy(fmt::format("a proxy has no path; {}", proxy_form));
  }
  auto address = Endpoint::parse(rest);
  if (!address) {
    return tl::unexpected(address.error());
  }
  if (address->port == 0) {
    return no_proxy("port 0 cannot be dialled");
  }
  proxy.address = std::move(*address);
  return proxy;
}

std::string Proxy::to_string() const {
  return fmt::format("{}://{}", protocol == Protocol::http ? "http" : "socks5", address.to_string());
}

std::string_view in_words(Proxy::Protocol protocol) {
  return protocol == Proxy::Protocol::http ? "an HTTP proxy" : "a SOCKS5 proxy";
}

}  // namespace persona
