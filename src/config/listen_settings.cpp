#include "listen_settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "access_settings.hpp"
#include "persona/base/text.hpp"
#include "rule_values.hpp"

namespace persona::config {

namespace {

constexpr std::size_t mode_digits = 3;
constexpr unsigned for_everyone = 0666;
constexpr unsigned for_the_group = 0660;
constexpr unsigned owner_may_write = 0200;
constexpr unsigned group_may_write = 0020;

bool is_octal(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// Only with its zero: without one it could be meant as a decimal number, which is what some tools make of it.
std::optional<unsigned> read_mode(const Value& value) {
  const auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  std::string_view digits = *text;
  digits.remove_prefix(digits.starts_with("0o") ? 2 : 0);
  const bool has_zero = digits.size() == mode_digits + 1 && digits.front() == '0';
  digits.remove_prefix(has_zero ? 1 : 0);
  if (!is_octal(digits) || digits.size() != mode_digits) {
    value.error(
        is_octal(digits) && digits.size() == mode_digits + 1
            ? fmt::format(
                  "{} has bits that mean nothing on a socket; write three digits behind a zero, such as "
                  "\"0660\"",
                  in_quotes(*text))
            : fmt::format(
                  "{} is not a mode; write it as chmod takes it, with a zero in front, such as \"0660\"",
                  in_quotes(*text)));
    return std::nullopt;
  }
  if (text->size() != mode_digits + 1) {
    value.error(
        fmt::format("{} could be octal or decimal; write \"0{}\" if it is octal", in_quotes(*text), digits));
    return std::nullopt;
  }
  unsigned mode = 0;
  for (const char digit : digits) {
    mode = mode * 8 + static_cast<unsigned>(digit - '0');
  }
  if ((mode & owner_may_write) == 0) {
    value.error(fmt::format(
        "{} keeps persona itself out, which connects when it starts, to see whether an old socket is still "
        "served; write \"06{}\"",
        in_quotes(*text), digits.substr(1)));
    return std::nullopt;
  }
  return mode;
}

void read_file_of_socket(Section& section, Listen& listen) {
  if (!listen.value.is_unix()) {
    for (const char* key : {"mode", "group"}) {
      section.refuse(key, listen.value.is_systemd()
                              ? "belongs to a Unix socket that persona makes: what systemd makes is as "
                                "SocketMode=, SocketUser= and SocketGroup= in its .socket unit say"
                              : "belongs to a Unix socket (unix:/PATH): other addresses have no file");
    }
    return;
  }
  const auto mode = section.get("mode");
  if (mode) {
    listen.mode = read_mode(*mode);
  }
  if (const auto group = section.get("group")) {
    listen.group = read_account(*group, "group");
  }
  if (listen.mode && listen.group && (*listen.mode & group_may_write) == 0) {
    mode->warning("lets no member of the group connect, which takes the right to write, as in \"0660\"");
  }
}

void read_relays(Section& section, Listen& listen) {
  if (listen.value.is_unix()) {
    section.refuse("proxy_protocol", "belongs to an address: who may send PROXY headers is known by theirs");
    return;
  }
  const auto value = section.get("proxy_protocol");
  if (!value) {
    return;
  }
  Section inner = value->section();
  if (const auto from = inner.require("from")) {
    listen.relays = read_blocks(*from);
  }
  inner.finish();
}

/// A string, or a map with an address. `check`: says what is wrong with the address, at its value; true if
/// nothing is.
template <class Check>
std::optional<Listen> read_entry(const Value& item, Check check) {
  const auto read_address = [&](const Value& value) -> std::optional<Listen> {
    const auto text = value.text();
    if (!text) {
      return std::nullopt;
    }
    const auto endpoint = value.endpoint_to_listen();
    if (!endpoint || !check(value, *endpoint)) {
      return std::nullopt;
    }
    return Listen{*endpoint, value.mark()};
  };
  if (item.kind() != Node::Kind::map) {
    return read_address(item);
  }
  Section section = item.section();
  const auto address = section.require("address");
  auto listen = address ? read_address(*address) : std::nullopt;
  Listen unusable;  // so that all that is wrong is told at once
  unusable.value.kind = Endpoint::Kind::unix_socket;
  read_file_of_socket(section, listen ? *listen : unusable);
  if (listen) {
    read_relays(section, *listen);
  } else {
    static_cast<void>(section.get("proxy_protocol"));
  }
  section.finish();
  return listen;
}

bool check_address(const Value& value, const Endpoint& endpoint, bool must_be_local, const Config& config) {
  const bool listed = std::any_of(config.listen.begin(), config.listen.end(),
                                  [&](const Listen& other) { return other.value == endpoint; });
  const bool is_chosen = !endpoint.is_unix() && !endpoint.is_systemd() && endpoint.port == 0;
  if (listed && !is_chosen) {  // the kernel chooses a new port each time
    value.error(fmt::format("{} is listed twice", endpoint.to_string()));
    return false;
  }
  if (must_be_local && !endpoint.is_local() &&
      !endpoint.is_systemd()) {  // that one is looked at when it is there
    value.error(
        fmt::format("{} lets other machines in, in plaintext; listen on 127.0.0.1:{}, or set unsafe_listen: "
                    "true and access.allow",
                    endpoint.to_string(), endpoint.port));
  }
  return true;
}

}  // namespace

void read_listen(const Value& value, bool must_be_local, Config& config) {
  const bool is_one = value.kind() == Node::Kind::map;
  for (const Value& item : is_one ? std::vector{value} : value.one_or_list()) {
    auto listen = read_entry(item, [&](const Value& address, const Endpoint& endpoint) {
      return check_address(address, endpoint, must_be_local, config);
    });
    if (listen) {
      config.listen.push_back(std::move(*listen));
    }
  }
}

void read_admin(Section section, Config& config) {
  const auto unsafe = section.get("unsafe_listen");
  const bool must_be_local = !unsafe || !unsafe->boolean().value_or(true);
  if (const auto value = section.require("listen")) {
    config.admin = read_entry(*value, [&](const Value& address, const Endpoint& endpoint) {
      if (must_be_local && !endpoint.is_local() && !endpoint.is_systemd()) {
        address.error(fmt::format(
            "{} lets other machines read the state of this one; listen on 127.0.0.1:{}, or set "
            "admin.unsafe_listen: true, which serves /healthz, /readyz, /startup and /metrics there",
            endpoint.to_string(), endpoint.port));
        return false;
      }
      return true;
    });
    if (config.admin) {
      config.admin->unsafe = !must_be_local;
    }
    if (config.admin && config.admin->relays) {
      value->error("administrators come without PROXY headers; leave proxy_protocol out");
    }
  }
  section.finish();
}

void complete_listen(Config& config, Report& report) {
  for (Listen& listen : config.listen) {
    if (!listen.value.is_unix() || listen.mode || !config.access.allow_users) {
      continue;
    }
    listen.mode = for_everyone;
    if (listen.group) {
      report.warning(listen.group->mark,
                     "listen.group: has no effect, because access.allow_users decides and the mode is then "
                     "0666; write mode: \"0660\" to let in only those users who are members as well",
                     static_cast<int>(utf8_length(listen.group->value)));
    }
  }
  const auto with_group = [](Listen& listen) {
    if (!listen.mode && listen.group) {
      listen.mode = for_the_group;
    }
  };
  std::for_each(config.listen.begin(), config.listen.end(), with_group);
  if (config.admin) {
    with_group(*config.admin);
  }
}

}  // namespace persona::config
