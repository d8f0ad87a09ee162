// What a client of stunnel dials.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/text.hpp"
#include "sections.hpp"

namespace persona::importing::sections {

namespace {

constexpr std::size_t longest_user = 255;  // RFC 1929

/// What was dialled is the proxy; the gateway is behind it.
std::optional<Dialled> beyond_proxy(Draft& draft) {
  if (!draft.protocol_host) {
    draft.give_up(*draft.protocol_line->line, "protocolHost is missing, the gateway behind the proxy");
    return std::nullopt;
  }
  const StunnelLine& line = *draft.protocol_host->line;
  const auto address = carry::read_address(draft, line);
  if (!address) {
    return std::nullopt;
  }
  if (address->host.empty()) {
    draft.refuse(line, "expected HOST:PORT of the server behind the proxy");
    return std::nullopt;
  }
  if (const auto& user = draft.protocol_user;
      user && (user->value.empty() || user->value.size() > longest_user ||
               user->value.find(':') != std::string::npos || printable(user->value) != user->value)) {
    draft.refuse(*user->line, fmt::format("expected a user of 1 to {} bytes, without a colon", longest_user));
    return std::nullopt;
  }
  if (draft.connects.size() > 1) {
    draft.remark(*draft.connects[1].first.line, Fate::left_out, "there is one proxy on the way");
  }
  return Dialled{draft.connects.front().second.to_string(), {address->to_string()}, {address->host}};
}

/// Of what was to be in the certificate one name counts, and it is the one asked for by SNI.
void add_server_name(const Draft& draft, const Dialled& dialled, Block& gateway) {
  std::vector<const Given*> names;
  for (const Given& given : draft.hosts) {
    names.push_back(&given);
  }
  for (const Given& given : draft.addresses) {
    names.push_back(&given);
  }
  for (const Given& given : draft.emails) {
    draft.remark(*given.line, Fate::left_out,
                 "a gateway is known by a name, an address, a SPIFFE ID or a pin, not by an e-mail address");
  }
  const auto is_dialled = [&](const Given* given) {
    return std::all_of(dialled.hosts.begin(), dialled.hosts.end(),
                       [&](const std::string& host) { return equals_ignoring_case(host, given->value); });
  };
  // The one that is dialled needs no key.
  const auto known = std::find_if(names.begin(), names.end(), is_dialled);
  const Given* chosen = known != names.end() ? *known : names.empty() ? nullptr : names.front();
  for (const Given* other : names) {
    if (other != chosen) {
      draft.remark(*other->line, Fate::left_out,
                   fmt::format("a gateway has one name, which is {} here", chosen->value));
    }
  }
  if (const auto& sni = draft.sni) {
    if (sni->value.empty()) {
      draft.remark(*sni->line, Fate::changed, "the name that is verified is always sent as SNI too");
    } else if (chosen == nullptr && !draft.checks.itself) {
      draft.remark(*sni->line, Fate::changed, "the gateway's certificate has to have this name");
      chosen = &*sni;
    } else if (chosen == nullptr) {
      chosen = &*sni;
    } else if (!equals_ignoring_case(chosen->value, sni->value)) {
      draft.remark(*sni->line, Fate::changed,
                   fmt::format("the name that is verified is sent as SNI too: {}", chosen->value));
    }
  }
  if (chosen != nullptr && !is_dialled(chosen)) {
    gateway.add("server_name", scalar(chosen->value));
  } else if (chosen == nullptr && !draft.checks.itself) {
    draft.remark(
        draft.section.header, Fate::changed,
        fmt::format("the gateway's certificate is {} verified, and has to have the name {}; if it has "
                    "another one, set gateway.server_name",
                    draft.checks.chain ? "still" : "now", dialled.hosts.front()));
  } else if (chosen != nullptr && !draft.checks.chain && !draft.checks.itself) {
    draft.remark(draft.section.header, Fate::changed, "the gateway's certificate is now verified");
  }
}

void add_verification(const Draft& draft, Block& gateway) {
  if (!draft.checks.itself) {
    return;
  }
  if (draft.hosts.empty() && draft.addresses.empty()) {
    gateway.add("verify", "pins");
  }
  add_pins(draft, gateway, "pins", "gateway's");
}

void add_via(const Draft& draft, const Dialled& dialled, Block& gateway) {
  if (dialled.proxy.empty()) {
    return;
  }
  if (!draft.protocol_user) {
    gateway.add("via", scalar("http://" + dialled.proxy));
    return;
  }
  std::string user;
  for (const char c : draft.protocol_user->value) {
    const bool plain = is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
    user += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  draft.to_do(*draft.protocol_user->line, "the password goes into the file TODO-proxy-password");
  gateway.add(
      "via",
      fmt::format("{{proxy: \"http://{}@{}\", password_file: TODO-proxy-password}}", user, dialled.proxy),
      "its first line is the password");
}

}  // namespace

std::optional<Dialled> dialled_by(Draft& draft) {
  if (draft.no_file.line != nullptr) {
    return std::nullopt;
  }
  if (!draft.accept) {
    draft.give_up(draft.section.header, "it has no accept: persona does not run under inetd");
    return std::nullopt;
  }
  if (draft.connects.empty()) {
    draft.give_up(draft.section.header, "it has no connect");
    return std::nullopt;
  }
  if (draft.is_client && draft.protocol == "connect") {
    return beyond_proxy(draft);
  }
  Dialled dialled;
  for (const auto& [given, address] : draft.connects) {
    dialled.gateways.push_back(address.to_string());
    dialled.hosts.push_back(address.host);
  }
  return dialled;
}

std::string gateway(const Draft& draft, const Dialled& dialled) {
  Block gateway;
  gateway.add("address", one_or_list(dialled.gateways));
  add_server_name(draft, dialled, gateway);
  add_verification(draft, gateway);
  add_via(draft, dialled, gateway);
  if (draft.protocol == "pgsql") {
    gateway.add("negotiate", "postgresql");
  }
  return gateway.under("gateway");
}

}  // namespace persona::importing::sections
