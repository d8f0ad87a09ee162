#include "gateway_settings.hpp"

#include <fmt/format.h>

#include "persona/base/dial_rules.hpp"
#include "persona/base/text.hpp"
#include "rule_values.hpp"
#include "uri_pattern.hpp"
#include "via_settings.hpp"

namespace persona::config {

namespace {

std::optional<Endpoint> read_address(const Value& value) {
  auto endpoint = value.endpoint();
  if (endpoint && endpoint->is_unix()) {
    value.error("a gateway is dialled over TCP; write HOST:PORT");
    return std::nullopt;
  }
  return endpoint && check_dialled(value, *endpoint) ? std::move(endpoint) : std::nullopt;
}

void read_server_name(const Value& value, Gateway& gateway) {
  const auto name = value.text();
  if (!name) {
    return;
  }
  if (name->find("://") == std::string::npos) {
    if (is_dialable_host(*name)) {
      gateway.server_name = {std::string(without_final_dot(*name)), value.mark()};
    } else {
      value.error(fmt::format("{} is not a host name or an address", in_quotes(*name)));
    }
    return;
  }
  auto id = parse_spiffe_id(*name);
  if (id) {
    gateway.server_name = {std::move(*id), value.mark()};
  } else {
    value.error(id.error().message);
  }
}

// An address that could never be dialled is a mistake in one of the two keys.
void check_allowed(const Value& value, const Endpoint& endpoint, const DialRules& rules) {
  const auto address = IpAddress::parse(endpoint.host);
  if (!rules.admits_host(endpoint.host)) {
    value.error(fmt::format("{}; it could never be dialled", rules.refusal_of_host(endpoint.host)));
  } else if (address && !rules.admits(*address)) {
    value.error(fmt::format("{}; it could never be dialled",
                            rules.refusal_of(endpoint.host, std::span(&*address, 1))));
  }
}

}  // namespace

bool check_dialled(const Value& value, const Endpoint& endpoint) {
  if (!endpoint.is_unix() && endpoint.port == 0) {
    value.error("port 0 cannot be dialled");
    return false;
  }
  return true;
}

void read_gateway(Section& root, Config& config) {
  Gateway& gateway = config.gateway;
  const auto value = root.get("gateway");
  if (!value) {
    return;
  }
  if (value->kind() == Node::Kind::scalar) {
    if (const auto endpoint = read_address(*value)) {
      gateway.addresses.push_back({*endpoint, value->mark()});
    }
    return;
  }
  if (value->kind() == Node::Kind::list) {
    value->error("expected HOST:PORT or a map, found a list; write address: [...] below gateway:");
    return;
  }
  Section section = root.section("gateway");
  DialRules rules;
  const auto via = section.get("via");
  if (via) {
    gateway.via = read_via(*via, config.file);
  }
  if (const auto written = section.get("allowed_addresses")) {
    if (auto allowed = read_allowed_addresses(*written)) {
      rules = DialRules(allowed->names, allowed->blocks);
      gateway.allowed_addresses = std::move(*allowed);
      if (via && !gateway.allowed_addresses.blocks.empty()) {
        written->error(
            "address blocks cannot be kept with gateway.via: the proxy resolves the gateway's name, and "
            "persona does not learn the address; write names alone, and let the proxy's own rules restrict "
            "addresses");
      }
    }
  }
  if (const auto addresses = section.require("address")) {
    for (const Value& address : addresses->one_or_list()) {
      if (const auto endpoint = read_address(address)) {
        check_allowed(address, *endpoint, rules);
        gateway.addresses.push_back({*endpoint, address.mark()});
      }
    }
  }
  if (const auto server_name = section.get("server_name")) {
    read_server_name(*server_name, gateway);
  }
  if (const auto pins = section.get("pins")) {
    gateway.pins = read_pins(*pins);
  }
  if (const auto verify = section.get("verify")) {
    if (verify->one_of({"name", "pins"}) == "pins") {
      gateway.verify = GatewayVerify::pins;
    }
    if (gateway.verify == GatewayVerify::pins && !section.has("pins")) {
      verify->error(
          "without gateway.pins nothing would tell the gateway from others with a certificate of the same "
          "CA; "
          "persona pki show FILE prints the pin of its certificate");
    }
  }
  if (const auto negotiate = section.get("negotiate")) {
    const auto word = negotiate->one_of({"postgresql", "mysql"});
    gateway.negotiate = word ? parse_protocol(*word) : std::nullopt;
  }
  section.finish();
}

}  // namespace persona::config
