#include "persona/base/dial_rules.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona {

namespace {

constexpr std::size_t most_shown = 8;

// ASCII only: host names have no other letters.
std::string plain(std::string_view host) {
  return to_lower(without_final_dot(host));
}

bool matches(std::string_view rule, std::string_view name) {
  if (!rule.starts_with("*.")) {
    return rule == name;
  }
  const std::string_view suffix = rule.substr(1);  // ".example.com"
  return name.ends_with(suffix) && name.front() != '.';
}

template <class Items, class Words>
std::string listed(const Items& items, Words words) {
  std::string out;
  for (std::size_t i = 0; i < std::min(items.size(), most_shown); ++i) {
    out += (i == 0 ? "" : ", ") + words(items[i]);
  }
  return items.size() > most_shown ? fmt::format("{} and {} more", out, items.size() - most_shown) : out;
}

std::string in_words(std::span<const Cidr> blocks) {
  return listed(blocks, [](const Cidr& block) { return block.to_string(); });
}

}  // namespace

DialRules::DialRules(std::vector<std::string> names, std::vector<Cidr> blocks)
    : names_(std::move(names)), blocks_(std::move(blocks)) {
  std::transform(names_.begin(), names_.end(), names_.begin(), plain);
}

bool DialRules::admits_host(std::string_view host) const {
  if (names_.empty()) {
    return true;
  }
  if (IpAddress::parse(host)) {
    return !blocks_.empty();
  }
  const std::string name = plain(host);
  return std::any_of(names_.begin(), names_.end(),
                     [&](const std::string& rule) { return matches(rule, name); });
}

bool DialRules::admits(const IpAddress& address) const {
  return blocks_.empty() || std::any_of(blocks_.begin(), blocks_.end(),
                                        [&](const Cidr& block) { return block.contains(address); });
}

std::string DialRules::refusal_of_host(std::string_view host) const {
  return fmt::format("{} matches no name in gateway.allowed_addresses ({})", printable(host),
                     listed(names_, [](const std::string& name) { return printable(name); }));
}

std::string DialRules::refusal_of(std::string_view host, std::span<const IpAddress> addresses) const {
  if (addresses.size() == 1 && IpAddress::parse(host)) {
    return fmt::format("{} is not in gateway.allowed_addresses ({})", printable(host), in_words(blocks_));
  }
  return fmt::format("none of the addresses of {} ({}) is in gateway.allowed_addresses ({})", printable(host),
                     listed(addresses, [](const IpAddress& address) { return address.to_string(); }),
                     in_words(blocks_));
}

}  // namespace persona
