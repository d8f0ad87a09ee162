// Where it listens, and what it dials.
#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona::importing::carry {

namespace {

constexpr std::size_t longest_socket_path = 107;
constexpr std::size_t longest_account = 32;  // useradd(8)
constexpr std::size_t most_digits = 9;

/// A name, or a number as configurations have it.
bool is_account(std::string_view text) {
  const bool is_name = !text.empty() && text.size() <= longest_account && text.front() != '-' &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                         return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == '$';
                       });
  const bool is_number = std::all_of(text.begin(), text.end(), is_digit);
  return is_name && (!is_number || text == "0" || (text.size() <= most_digits && text.front() != '0'));
}

/// Who came by another interface was kept out.
void restrict_to_device(Draft& draft, Line line, std::string_view device) {
  const bool is_loopback = device.find_first_not_of(' ') != std::string_view::npos &&
                           device.substr(device.find_first_not_of(' ')) == "lo";
  draft.locals_only = {&line, is_loopback ? "lo" : ""};
  draft.remark(line, is_loopback ? Fate::changed : Fate::to_do,
               is_loopback
                   ? "only clients of this machine may connect (access.allow)"
                   : "listen on an address of that interface alone, or write access.allow; until then only "
                     "clients of this machine may connect");
}

}  // namespace

std::optional<Address> read_address(Draft& draft, Line line) {
  const std::string_view text = line.value;
  if (text.starts_with('/')) {
    if (text.size() > longest_socket_path) {
      draft.refuse(line, fmt::format("the path of a Unix socket has at most {} bytes", longest_socket_path));
      return std::nullopt;
    }
    return Address{{}, 0, std::string(text)};
  }
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
    }
    address.host = host;
  }
  if (address.host == "unix") {
    draft.give_up(line,
                  "a host cannot be named unix in persona, where unix: begins a path: write its address");
    return std::nullopt;
  }
  const std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (!port.empty() && std::all_of(port.begin(), port.end(), is_digit)) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || address.port == 0) {
      draft.refuse(line, fmt::format("{} is not a port: those are 1 to 65535", in_quotes(port)));
      return std::nullopt;
    }
  } else if (!port.empty() && std::all_of(port.begin(), port.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '_';
             })) {
    draft.give_up(
        line, fmt::format("persona's ports are numbers: write that of {} (getent services {})", port, port));
    return std::nullopt;
  } else {
    draft.refuse(line, fmt::format("expected [HOST:]PORT or the path of a Unix socket, found {}",
                                   in_quotes(utf8_prefix(text, 80))));
    return std::nullopt;
  }
  if (!address.host.empty() && !is_dialable_host(address.host)) {
    draft.refuse(
        line, fmt::format("{} is not a host name or an address", in_quotes(utf8_prefix(address.host, 80))));
    return std::nullopt;
  }
  return address;
}

void accept(Draft& draft, Line line, Option) {
  auto address = read_address(draft, line);
  if (!address) {
    return;
  }
  draft.accept = {&line, line.value};
  draft.accepts = *std::move(address);
  Address& accepts = draft.accepts;
  if (!accepts.path.empty()) {
    return;
  }
  if (accepts.host.empty()) {
    accepts.host = draft.is_client ? "127.0.0.1" : "0.0.0.0";
    if (draft.is_client) {
      draft.remark(line, Fate::changed,
                   fmt::format("stunnel takes plaintext on every address here, persona on 127.0.0.1; for "
                               "clients on other machines write listen: 0.0.0.0:{}, unsafe_listen: true and "
                               "access.allow",
                               accepts.port));
    }
  } else if (draft.is_client && !accepts.is_local()) {
    draft.remark(
        line, Fate::changed,
        "other machines reach this address in plaintext: unsafe_listen allows it, but only clients of "
        "this machine are let in until access.allow names others");
  }
}

void connect(Draft& draft, Line line, Option) {
  auto address = read_address(draft, line);
  if (!address) {
    return;
  }
  if (!address->path.empty() && draft.is_client) {
    draft.give_up(line, "a gateway is dialled by TCP, not at a Unix socket");
    return;
  }
  if (address->path.empty() && address->host.empty()) {
    address->host = "localhost";
  }
  if (!draft.is_client && !draft.connects.empty()) {
    draft.remark(
        line, Fate::left_out,
        fmt::format("a service has one address here, {}; let a load balancer stand there for several",
                    draft.connects.front().second.to_string()));
    return;
  }
  const auto is_same = [&](const auto& other) { return other.second.to_string() == address->to_string(); };
  if (std::none_of(draft.connects.begin(), draft.connects.end(), is_same)) {
    draft.connects.emplace_back(Given{&line, line.value}, *std::move(address));
  }
}

void failover(Draft& draft, Line line, Option) {
  const std::string value = to_lower(line.value);
  if (value == "rr") {
    draft.remark(line, Fate::changed,
                 "persona balances no load: addresses are tried in order, those that have failed last");
  } else if (value != "prio") {
    draft.refuse(line, "expected rr or prio");
  }
}

void protocol(Draft& draft, Line line, Option) {
  draft.protocol = to_lower(line.value);
  draft.protocol_line = {&line, line.value};
  const std::string& word = draft.protocol;
  if (word == "pgsql" && !draft.is_client) {
    draft.remark(
        line, Fate::left_out,
        "persona answers no SSLRequest: clients have to begin with TLS, as a persona at their end does "
        "(gateway: without negotiate), or psql 17 with sslnegotiation=direct");
  } else if (word == "proxy" && !draft.is_client) {
    draft.remark(line, Fate::changed, "the header is of version 2 of the PROXY protocol, not 1");
  } else if (word != "pgsql" && word != "proxy" && (word != "connect" || !draft.is_client)) {
    draft.give_up(line, fmt::format("persona does not change to TLS within the protocol {}; use the port "
                                    "where TLS comes first",
                                    in_quotes(utf8_prefix(word, 40))));
  } else if (word == "proxy") {
    draft.give_up(line, "a gateway is not told by a PROXY header who the client is");
  }
}

void protocol_host(Draft& draft, Line line, Option) {
  draft.protocol_host = {&line, line.value};
}

void protocol_user(Draft& draft, Line line, Option) {
  draft.protocol_user = {&line, line.value};
}

void protocol_password(Draft& draft, Line line, Option) {
  draft.remark(line, Fate::to_do,
               "no configuration has a password: write it to the file that gateway.via.password_file names, "
               "which nobody else can read");
}

void protocol_authentication(Draft& draft, Line line, Option) {
  const std::string word = to_lower(line.value);
  if (word != "basic") {
    draft.remark(line, Fate::left_out,
                 fmt::format("a proxy is asked by Basic alone, not by {}", in_quotes(utf8_prefix(word, 40))));
  }
}

void socket_option(Draft& draft, Line line, Option) {
  const std::size_t equals = line.value.find('=');
  const std::string_view left = std::string_view(line.value).substr(0, equals);
  if (equals == std::string::npos || left.size() < 3 || left[1] != ':' ||
      std::string_view("alr").find(to_lower(left[0])) == std::string_view::npos) {
    draft.refuse(line, "expected a:, l: or r: and OPTION=VALUE");
    return;
  }
  std::string name(left.substr(2));
  while (name.ends_with(' ')) {
    name.pop_back();
  }
  if (name == "TCP_NODELAY" || name == "SO_KEEPALIVE" || name == "SO_REUSEADDR" || name == "SO_OOBINLINE" ||
      name == "TCP_KEEPCNT" || name == "TCP_KEEPINTVL" || name == "SO_LINGER") {
    draft.remark(line, Fate::not_needed, fmt::format("persona sets {} as connections need it", name));
  } else if (name == "TCP_KEEPIDLE") {
    StunnelLine seconds = line;
    seconds.value = line.value.substr(line.value.find_first_not_of(" =", equals) == std::string::npos
                                          ? line.value.size()
                                          : line.value.find_first_not_of(" =", equals));
    draft.keepalive = fmt::format("{}s", number(draft, seconds, "seconds", 86'400));
  } else if (name == "SO_BINDTODEVICE" && to_lower(left[0]) == 'a') {
    restrict_to_device(draft, line, std::string_view(line.value).substr(equals + 1));
  } else {
    draft.remark(line, Fate::left_out,
                 fmt::format("there is no key for the socket option {}", in_quotes(utf8_prefix(name, 40))));
  }
}

void transparent(Draft& draft, Line line, Option) {
  const std::string word = to_lower(line.value);
  if (word == "none" || word == "no") {
    return;
  }
  if (word == "destination" || word == "both") {
    draft.give_up(line, "persona dials what its configuration names, not where the client wanted to go");
  } else if (word == "source" || word == "yes") {
    draft.remark(
        line, Fate::left_out,
        "the service sees persona's address; write service: {address: ..., proxy_protocol: v2} if it "
        "understands PROXY headers");
  } else {
    draft.refuse(line, "expected none, source, destination or both");
  }
}

void setuid(Draft& draft, Line line, Option option) {
  if (draft.in_service) {
    left_out(draft, line, option);
  } else if (!is_account(line.value)) {
    draft.refuse(line, "expected the name of a user");
  } else {
    draft.user = line.value;
  }
}

void setgid(Draft& draft, Line line, Option) {
  if (!draft.in_service) {
    draft.remark(line, Fate::not_needed, "the process has the groups of its user");
  } else if (!is_account(line.value)) {
    draft.refuse(line, "expected the name of a group");
  } else {
    draft.group = line.value;
  }
}

void sni(Draft& draft, Line line, Option) {
  if (!draft.is_client) {
    draft.give_up(
        line,
        "a service has one certificate, whatever name a client asks for: let it listen on an address "
        "of its own");
    return;
  }
  if (!line.value.empty() && !is_dialable_host(line.value)) {
    draft.refuse(line, fmt::format("{} is not a host name", in_quotes(utf8_prefix(line.value, 80))));
    return;
  }
  draft.sni = {&line, line.value};
}

}  // namespace persona::importing::carry
