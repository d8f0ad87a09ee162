// Arbitrary patterns and names for clients.allow, beside a matcher that tries every possibility.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/address.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"
#include "trust/name_pattern.hpp"

using namespace persona;
using namespace persona::trust;

namespace {

constexpr std::size_t longest_for_oracle = 24;  // it takes exponential time

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool has(std::string_view text, char character) {
  return text.find(character) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

// What a '*' means, and nothing else.
bool possible(std::string_view pattern, std::string_view name, std::string_view separators) {
  if (pattern.empty()) {
    return name.empty();
  }
  if (pattern.front() != '*') {
    return !name.empty() && pattern.front() == name.front() &&
           possible(pattern.substr(1), name.substr(1), separators);
  }
  return possible(pattern.substr(1), name, separators) ||
         (!name.empty() && !has(separators, name.front()) && possible(pattern, name.substr(1), separators));
}

std::vector<std::string> segments(std::string_view text, std::string_view separators) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (has(separators, c)) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// And that no segment it stands for is empty, and in DNS names no part of an encoded one.
bool oracle(std::string_view pattern, std::string_view name, std::string_view separators, bool dns) {
  if (!possible(pattern, name, separators)) {
    return false;
  }
  const auto rules = segments(pattern, separators);
  const auto parts = segments(name, separators);
  demand(rules.size() == parts.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const bool encoded = dns && rules[i] != "*" && parts[i].starts_with("xn--");
    if (has(rules[i], '*') && (parts[i].empty() || encoded)) {
      return false;
    }
  }
  return true;
}

void check_common_name(std::string_view pattern, std::string_view name) {
  const bool matched = matches_common_name(pattern, name);
  const bool text = !name.empty() && printable(name) == name;
  demand(text || !matched);
  if (text && pattern.size() <= longest_for_oracle && name.size() <= longest_for_oracle) {
    demand(matched == (has(name, '*') ? pattern == name : oracle(pattern, name, "./@", false)));
  }
}

void check_dns(std::string_view pattern, std::string_view name) {
  const bool matched = matches_dns_pattern(pattern, name);
  const bool host = is_valid_host(name) && !IpAddress::parse(name);
  std::string rule = lower(pattern);
  if (rule.ends_with('.')) {
    rule.pop_back();
  }
  if (has(name, '*')) {
    demand(matched == (rule == lower(name)));
  } else if (!host) {
    demand(!matched);
  } else if (pattern.size() <= longest_for_oracle && name.size() <= longest_for_oracle) {
    demand(matched == oracle(rule, lower(name), ".", true));
  }
}

// What is before an '@' there is a user; in a path it is a letter as others.
std::string_view authority(std::string_view uri) {
  const std::size_t slashes = uri.find("://");
  if (slashes == std::string_view::npos || slashes != uri.find(':')) {
    return {};
  }
  uri.remove_prefix(slashes + 3);
  return uri.substr(0, uri.find_first_of("/?#"));
}

void check_uri(std::string_view pattern, std::string_view uri) {
  const bool matched = matches_uri_pattern(pattern, uri);
  const auto same_count = [](std::string_view left, std::string_view right, char separator) {
    return std::count(left.begin(), left.end(), separator) ==
           std::count(right.begin(), right.end(), separator);
  };
  for (const char separator : std::string_view("/?#%")) {
    demand(!matched || same_count(pattern, uri, separator));
  }
  demand(!matched || same_count(authority(pattern), authority(uri), '@'));
  demand(!matched || printable(uri) == uri);
  // Behind "x://y/" is a path, where little else than the '*' has a meaning.
  if (pattern.size() > longest_for_oracle || uri.size() > longest_for_oracle || has(uri, '*')) {
    return;
  }
  for (const std::string_view text : {pattern, uri}) {
    if (!std::all_of(text.begin(), text.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || c == '/' || c == '*' || c == '%' || c == ':';
        })) {
      return;
    }
  }
  const std::string begin = "X://y/";
  demand(matches_uri_pattern(begin + std::string(pattern), begin + std::string(uri)) ==
         oracle(pattern, uri, "/%", false));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view all = as_text(ByteView(data + 2, size - 2));
  const std::string_view pattern = all.substr(0, std::min<std::size_t>(data[1], all.size()));
  const std::string_view name = all.substr(pattern.size());
  switch (data[0] % 3) {
    case 0:
      check_common_name(pattern, name);
      break;
    case 1:
      check_dns(pattern, name);
      break;
    default:
      check_uri(pattern, name);
  }
  return 0;
}
