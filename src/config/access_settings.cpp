#include "access_settings.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "rule_values.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest_account = 256;
constexpr std::uint64_t largest_id = 0xfffffffe;  // the one above means "none"

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

std::vector<Located<std::string>> read_users(const Value& value) {
  std::vector<Located<std::string>> users;
  for (const Value& item : value.one_or_list()) {
    auto user = read_account(item, "user");
    if (!user) {
      continue;
    }
    if (std::any_of(users.begin(), users.end(),
                    [&](const auto& other) { return other.value == user->value; })) {
      item.error(fmt::format("{} is listed twice", in_quotes(user->value)));
    } else {
      users.push_back(std::move(*user));
    }
  }
  return users;
}

ClientAllow read_client_allow(Section section, bool is_map) {
  ClientAllow allow;
  if (const auto value = section.get("cn")) {
    allow.cn = read_cn_patterns(*value);
  }
  if (const auto value = section.get("dns")) {
    allow.dns = read_dns_patterns(*value);
  }
  if (const auto value = section.get("uri")) {
    allow.uri = read_uri_patterns(*value);
  }
  if (const auto value = section.get("pins")) {
    allow.pins = read_pins(*value);
  }
  if (is_map && !section.has("cn") && !section.has("dns") && !section.has("uri") && !section.has("pins")) {
    section.missing(
        {"cn", "dns", "uri", "pins"},
        "\"clients.allow\" lets nobody in; write one of cn, dns, uri and pins below it, or leave it "
        "out to let every verified client in");
  }
  section.finish();
  return allow;
}

}  // namespace

std::optional<Located<std::string>> read_account(const Value& value, std::string_view what) {
  auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  if (text->empty()) {
    value.error(fmt::format("expected a {} name or id, found \"\"", what));
    return std::nullopt;
  }
  if (is_number(*text)) {
    std::uint64_t id = 0;
    const std::string_view digits = *text;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    const bool leading_zero = text->size() > 1 && text->front() == '0';
    if (failed != std::errc() || id > largest_id || leading_zero) {
      value.error(fmt::format("{} is not a {} id; those are numbers from 0 to {}", in_quotes(*text), what,
                              largest_id));
      return std::nullopt;
    }
  } else if (text->size() > longest_account || text->find_first_of(":/, *") != std::string::npos ||
             text->front() == '-') {
    value.error(fmt::format("{} is not a {} name", in_quotes(*text), what));
    return std::nullopt;
  }
  return Located<std::string>{std::move(*text), value.mark()};
}

void read_access(Section section, Access& access) {
  if (const auto value = section.get("allow")) {
    access.allow = read_blocks(*value);
  }
  if (const auto value = section.get("allow_users")) {
    access.allow_users = read_users(*value);
  }
  section.finish();
}

void read_clients(Section section, Config& config) {
  if (const auto value = section.get("certificate")) {
    const auto word = value->one_of({"required", "optional", "none"});
    if (word && *word != "required") {
      config.client_certificate = *word == "none" ? ClientCertificate::none : ClientCertificate::optional;
    }
  }
  switch (config.client_certificate) {
    case ClientCertificate::required:
      if (const auto value = section.get("allow")) {
        const bool is_map = value->kind() == Node::Kind::map;  // if not, that is the only error
        config.client_allow = read_client_allow(section.section("allow"), is_map);
      }
      break;
    case ClientCertificate::optional:
      section.refuse("allow",
                     "would turn away every client without a certificate; write certificate: required");
      break;
    case ClientCertificate::none:
      section.refuse("allow", "lets nobody in when no certificate is asked for; write certificate: required");
      break;
  }
  section.finish();
}

}  // namespace persona::config
