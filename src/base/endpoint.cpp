#include "persona/base/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "persona/base/address.hpp"
#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view systemd_prefix = "systemd:";
constexpr std::size_t longest_name = 255;       // systemd's FDNAME_MAX
constexpr std::size_t longest_unix_path = 107;  // sockaddr_un::sun_path has 108 bytes with the final NUL
constexpr std::size_t longest_host = 253;
constexpr std::size_t longest_label = 63;

bool is_host_character(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_';
}

bool is_valid_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label &&
         std::all_of(label.begin(), label.end(), is_host_character);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Resolvers read "127.1", "0177.0.0.1" and "0x7f000001" as addresses. No domain name ends like that.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return is_number(last) || last.starts_with("0x") || last.starts_with("0X");
}

template <class... Args>
tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::configuration, format, std::forward<Args>(args)...);
}

Result<Endpoint> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(unix_prefix.size());
  if (path.empty()) {
    return refuse("{} has no path; write unix:/run/persona/NAME.sock", in_quotes(text));
  }
  if (path.front() != '/') {
    return refuse("the socket path {} is not absolute; write unix:/run/persona/NAME.sock", in_quotes(path));
  }
  if (path.find('\0') != std::string_view::npos) {
    return refuse("{} has a NUL character in its path", in_quotes(text));
  }
  if (path.size() > longest_unix_path) {
    return refuse("the socket path is {} bytes long; the system allows {}", path.size(), longest_unix_path);
  }
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::unix_socket;
  endpoint.path = std::string(path);
  return endpoint;
}

/// As FileDescriptorName= has it (systemd.socket(5)): ASCII without control characters and colons.
Result<Endpoint> parse_systemd(std::string_view text) {
  const std::string_view name = text.substr(systemd_prefix.size());
  if (name.empty()) {
    return refuse("{} has no name; write systemd:NAME, as FileDescriptorName= in the .socket unit has it",
                  in_quotes(text));
  }
  const auto is_of_name = [](char c) { return c >= ' ' && c < 0x7f && c != ':'; };
  if (name.size() > longest_name || !std::all_of(name.begin(), name.end(), is_of_name)) {
    return refuse(
        "{} is not a name that systemd gives to sockets (FileDescriptorName=): ASCII without colons, at most "
        "{} characters",
        in_quotes(name), longest_name);
  }
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::systemd;
  endpoint.name = std::string(name);
  return endpoint;
}

Result<std::uint16_t> parse_port(std::string_view port) {
  if (!is_number(port)) {
    return refuse("port {} is not a number", in_quotes(port));
  }
  std::uint16_t value = 0;
  if (std::from_chars(port.data(), port.data() + port.size(), value).ec != std::errc()) {
    return refuse("port {} is out of range; ports go up to 65535", port);
  }
  return value;
}

std::optional<Error> check_host(std::string_view host, std::string_view port) {
  const auto because = [](std::string message) {
    return Error{ErrorKind::configuration, std::move(message)};
  };
  if (host.empty()) {
    return because(fmt::format("the host is missing; write HOST:{}", printable(port)));
  }
  if (host == "*") {
    return because(fmt::format(
        "\"*\" is not a host; every address is two, IPv4's and IPv6's: [0.0.0.0:{0}, \"[::]:{0}\"]",
        printable(port)));
  }
  if (is_dialable_host(host)) {
    return std::nullopt;
  }
  if (std::all_of(host.begin(), host.end(), [](char c) { return is_host_character(c) || c == '.'; }) &&
      ends_in_number(host)) {
    return because(fmt::format("{} is not an IPv4 address", in_quotes(host)));
  }
  return because(fmt::format("{} is not a host name or an address", in_quotes(host)));
}

// Several colons without brackets: where the address ends is a guess, which the message makes for the reader.
Error without_brackets(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      is_number(text.substr(colon + 1)) && IpAddress::parse(text.substr(0, colon)).has_value();
  if (has_port) {
    return {ErrorKind::configuration, fmt::format("an IPv6 address needs brackets; write \"[{}]:{}\"",
                                                  text.substr(0, colon), text.substr(colon + 1))};
  }
  if (IpAddress::parse(text)) {
    return {ErrorKind::configuration,
            fmt::format("{} has no port; write \"[{}]:PORT\"", in_quotes(text), text)};
  }
  return {ErrorKind::configuration,
          fmt::format("{} is not HOST:PORT, \"[IPV6]:PORT\" or unix:/PATH", in_quotes(text))};
}

struct Parts {
  std::string_view host;
  std::string_view port;
};

Result<Parts> split_bracketed(std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) {
    return refuse("{} has no closing bracket", in_quotes(text));
  }
  const std::string_view host = text.substr(1, end - 1);
  if (host.find(':') == std::string_view::npos || !IpAddress::parse(host)) {
    return refuse("{} is not an IPv6 address; only those go in brackets", in_quotes(host));
  }
  const std::string_view rest = text.substr(end + 1);
  if (rest.empty() || rest == ":") {
    return refuse("{} has no port; write \"[{}]:PORT\"", in_quotes(text), host);
  }
  if (rest.front() != ':') {
    return refuse("{} has something other than :PORT after the bracket", in_quotes(text));
  }
  return Parts{host, rest.substr(1)};
}

Result<Parts> split(std::string_view text) {
  if (text.front() == '[') {
    return split_bracketed(text);
  }
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    return refuse("{} is a URL; write HOST:PORT without {}", in_quotes(text),
                  in_quotes(text.substr(0, scheme + 3)));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) {
    return refuse("{} has no port; write {}:PORT", in_quotes(text), printable(text.substr(0, colon)));
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return tl::unexpected<Error>(without_brackets(text));
  }
  return Parts{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.empty()) {
    return refuse("the address is empty; write HOST:PORT, \"[IPV6]:PORT\" or unix:/PATH");
  }
  if (text.starts_with(unix_prefix)) {
    return parse_unix(text);
  }
  const auto parts = split(text);
  if (!parts) {
    return tl::unexpected<Error>(parts.error());
  }
  if (auto error = check_host(parts->host, parts->port)) {
    return tl::unexpected<Error>(std::move(*error));
  }
  const auto port = parse_port(parts->port);
  if (!port) {
    return tl::unexpected<Error>(port.error());
  }
  Endpoint endpoint;
  endpoint.host = std::string(parts->host);
  endpoint.port = *port;
  return endpoint;
}

Result<Endpoint> Endpoint::parse_to_listen(std::string_view text) {
  return text.starts_with(systemd_prefix) ? parse_systemd(text) : parse(text);
}

std::string Endpoint::to_string() const {
  if (is_systemd()) {
    return std::string(systemd_prefix) + name;
  }
  if (is_unix()) {
    return std::string(unix_prefix) + path;
  }
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool Endpoint::is_local() const {
  if (is_unix() || equals_ignoring_case(without_final_dot(host), "localhost")) {
    return true;
  }
  const auto address = IpAddress::parse(host);
  return address && address->is_loopback();
}

bool is_valid_host(std::string_view host) {
  if (IpAddress::parse(host)) {
    return true;
  }
  if (host.empty() || host.size() > longest_host || ends_in_number(host)) {
    return false;
  }
  for (std::size_t begin = 0;;) {
    const std::size_t dot = host.find('.', begin);
    if (!is_valid_label(host.substr(begin, dot == std::string_view::npos ? dot : dot - begin))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    begin = dot + 1;
  }
}

bool is_dialable_host(std::string_view host) {
  const std::string_view name = without_final_dot(host);
  return is_valid_host(name) && (name.size() == host.size() || !IpAddress::parse(name));
}

std::string_view without_final_dot(std::string_view host) {
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host;
}

}  // namespace persona
