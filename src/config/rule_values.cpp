#include "rule_values.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "uri_pattern.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest_common_name = 256;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

tl::unexpected<Error> refuse(std::string message) {
  return tl::unexpected<Error>(Error{ErrorKind::configuration, std::move(message)});
}

template <class T, class Read>
std::vector<T> read_list(const Value& value, Read read) {
  std::vector<T> list;
  for (const Value& item : value.one_or_list()) {
    const auto text = item.text();
    if (!text) {
      continue;
    }
    Result<T> entry = read(*text);
    if (!entry) {
      item.error(entry.error().message);
    } else if (std::find(list.begin(), list.end(), *entry) != list.end()) {
      item.error(fmt::format("{} is listed twice", in_quotes(*text)));
    } else {
      list.push_back(std::move(*entry));
    }
  }
  return list;
}

// What is mistakenly written in place of a DNS name, whatever the rest of it looks like.
Result<std::string> plain_name(std::string_view text, std::string_view what) {
  if (text.empty()) {
    return refuse(fmt::format("expected {}, found \"\"", what));
  }
  if (has(text, "://")) {
    return refuse(fmt::format("{} is a URL; write only its host", in_quotes(text)));
  }
  if (!is_ascii(text)) {
    return refuse(fmt::format("{} has letters that no DNS name has; write its xn-- form", in_quotes(text)));
  }
  return to_lower(without_final_dot(text));
}

// "db.example.com" or "*.example.com"
Result<std::string> read_dial_name(std::string_view text) {
  auto name = plain_name(text, "a name or an address block");
  if (!name) {
    return name;
  }
  if (*name == "*") {
    return refuse("\"*\" would allow any name; leave gateway.allowed_addresses out for that");
  }
  const std::string_view rest = std::string_view(*name).substr(name->starts_with("*.") ? 2 : 0);
  if (has(rest, "*")) {
    return refuse(
        fmt::format("{} has a * where it has no meaning; it may stand only for the whole beginning of a "
                    "name, as in \"*.example.com\"",
                    in_quotes(text)));
  }
  if (rest.size() != name->size() && !has(rest, ".")) {
    return refuse(fmt::format("{} would allow every name below {}; write at least two labels after the *",
                              in_quotes(text), in_quotes(rest)));
  }
  const bool ends_in_address = rest.size() != name->size() && IpAddress::parse(rest);
  if (!is_valid_host(rest) || ends_in_address) {
    const auto endpoint = Endpoint::parse(text);
    if (endpoint && !endpoint->is_unix()) {
      return refuse(fmt::format("{} has a port; write {}", in_quotes(text), in_quotes(endpoint->host)));
    }
    return refuse(fmt::format("{} is not a host name, an address or an address block", in_quotes(text)));
  }
  return name;
}

bool means_addresses(std::string_view text) {
  return !has(text, "://") && (has(text, "/") || IpAddress::parse(text));
}

Result<std::string> read_cn_pattern(std::string_view text) {
  if (text.empty()) {
    return refuse("expected a common name, found \"\"");
  }
  if (text.size() > longest_common_name) {
    return refuse(fmt::format("a pattern of {} bytes matches nothing; common names have at most {}",
                              text.size(), longest_common_name));
  }
  if (to_lower(text).starts_with("cn=")) {
    return refuse(fmt::format("write the common name alone, without {}", in_quotes(text.substr(0, 3))));
  }
  if (has(text, "://")) {
    return refuse(fmt::format("{} is a URI; write it in clients.allow.uri", in_quotes(text)));
  }
  if (printable(text) != text) {
    return refuse(fmt::format("{} has characters that cannot be seen", in_quotes(text)));
  }
  if (has(text, "**")) {
    return refuse(
        fmt::format("{} has two * in a row; one stands for any characters but . / and @", in_quotes(text)));
  }
  return std::string(text);
}

Result<std::string> read_dns_pattern(std::string_view text) {
  auto name = plain_name(text, "a DNS name");
  if (!name) {
    if (has(text, "://")) {
      return refuse(fmt::format("{} is a URL; write only its host, or the whole in clients.allow.uri",
                                in_quotes(text)));
    }
    return name;
  }
  if (has(*name, "**")) {
    return refuse(
        fmt::format("{} has two * in a row; one stands for any characters but a dot", in_quotes(text)));
  }
  if (IpAddress::parse(*name)) {
    return refuse(fmt::format(
        "{} is an address; clients are known by names, not by addresses (access.allow restricts those)",
        in_quotes(text)));
  }
  std::string sample = *name;  // a name that the pattern matches
  std::replace(sample.begin(), sample.end(), '*', 'a');
  if (!is_valid_host(sample)) {
    return refuse(fmt::format("{} is not a DNS name", in_quotes(text)));
  }
  return name;
}

}  // namespace

std::vector<Cidr> read_blocks(const Value& value) {
  return read_list<Cidr>(value, Cidr::parse);
}

std::vector<SpkiPin> read_pins(const Value& value) {
  return read_list<SpkiPin>(value, SpkiPin::parse);
}

std::optional<AllowedAddresses> read_allowed_addresses(const Value& value) {
  AllowedAddresses allowed;
  bool good = true;
  const auto add = [&good](const Value& item, auto& list, auto entry, const std::string& text) {
    if (!entry) {
      good = false;
      item.error(entry.error().message);
    } else if (std::find(list.begin(), list.end(), *entry) != list.end()) {
      item.error(fmt::format("{} is listed twice", in_quotes(text)));
    } else {
      list.push_back(std::move(*entry));
    }
  };
  for (const Value& item : value.one_or_list()) {
    const auto text = item.text();
    good = good && text;
    if (text && means_addresses(*text)) {
      add(item, allowed.blocks, Cidr::parse(*text), *text);
    } else if (text) {
      add(item, allowed.names, read_dial_name(*text), *text);
    }
  }
  return good && !allowed.empty() ? std::optional(std::move(allowed)) : std::nullopt;
}

std::vector<std::string> read_cn_patterns(const Value& value) {
  return read_list<std::string>(value, read_cn_pattern);
}

std::vector<std::string> read_dns_patterns(const Value& value) {
  return read_list<std::string>(value, read_dns_pattern);
}

std::vector<std::string> read_uri_patterns(const Value& value) {
  return read_list<std::string>(value, parse_uri_pattern);
}

}  // namespace persona::config
