#include "name_pattern.hpp"

#include <algorithm>
#include <string>

#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona::trust {

namespace {

// ub-common-name is 64 (RFC 5280 appendix A.1), but some names exceed it.
constexpr std::size_t longest_common_name = 256;
constexpr std::size_t longest_uri = 2048;  // SPIFFE-ID section 2.4

bool has(std::string_view text, char character) {
  return text.find(character) != std::string_view::npos;
}

// Greedy without backtracking: the first place where a piece between two '*' fits leaves the most text for
// the rest, so no later place can be better.
bool matches_segment(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) {
    return pattern == text;
  }
  const std::size_t last = pattern.rfind('*');
  const std::string_view begin = pattern.substr(0, first);
  const std::string_view end = pattern.substr(last + 1);
  if (text.empty() || text.size() < begin.size() + end.size() || !text.starts_with(begin) ||
      !text.ends_with(end)) {
    return false;
  }
  text = text.substr(begin.size(), text.size() - begin.size() - end.size());
  pattern = pattern.substr(first, last - first);  // "*piece*piece", or nothing
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view piece = pattern.substr(0, pattern.find('*'));
    const std::size_t at = text.find(piece);
    if (at == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(piece.size());
  }
  return true;
}

// Compares segment by segment; the separators between them must be the same.
template <class MatchesSegment>
bool matches(std::string_view pattern, std::string_view text, std::string_view separators,
             MatchesSegment matches_one) {
  for (;;) {
    const std::size_t pattern_end = pattern.find_first_of(separators);
    const std::size_t text_end = text.find_first_of(separators);
    if (!matches_one(pattern.substr(0, pattern_end), text.substr(0, text_end))) {
      return false;
    }
    if (pattern_end == std::string_view::npos || text_end == std::string_view::npos) {
      return pattern_end == text_end;
    }
    if (pattern[pattern_end] != text[text_end]) {
      return false;
    }
    pattern.remove_prefix(pattern_end + 1);
    text.remove_prefix(text_end + 1);
  }
}

bool matches_label(std::string_view pattern, std::string_view label) {
  const bool part_of_encoded = label.starts_with("xn--") && has(pattern, '*') && pattern != "*";
  return !part_of_encoded && matches_segment(pattern, label);
}

bool matches_path_segment(std::string_view pattern, std::string_view segment) {
  const bool other_place = (segment == "." || segment == "..") && has(pattern, '*');
  return !other_place && matches_segment(pattern, segment);
}

// RFC 3986 section 3.
struct Uri {
  std::string scheme;  // lower case
  bool has_authority = false;
  std::string_view user;  // including its '@'
  std::string host;       // and port; lower case
  std::string_view path;
  std::string_view rest;  // "?query#fragment"
};

Uri split(std::string_view text) {
  Uri uri;
  const std::size_t colon = std::min(text.find(':'), text.size());
  uri.scheme = to_lower(text.substr(0, colon));
  text.remove_prefix(colon);
  if (text.starts_with("://")) {
    uri.has_authority = true;
    text.remove_prefix(3);
    const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
    const std::size_t at = authority.rfind('@');
    uri.user = authority.substr(0, at == std::string_view::npos ? 0 : at + 1);
    uri.host = to_lower(authority.substr(uri.user.size()));
    text.remove_prefix(authority.size());
  }
  uri.path = text.substr(0, text.find_first_of("?#"));
  uri.rest = text.substr(uri.path.size());
  return uri;
}

bool is_uri_character(char c) {
  return is_letter_or_digit(c) || has("-._~:/?#[]@!$&'()*+,;=%", c);
}

}  // namespace

bool matches_common_name(std::string_view pattern, std::string_view name) {
  if (name.empty() || name.size() > longest_common_name || printable(name) != name) {
    return false;
  }
  return has(name, '*') ? pattern == name : matches(pattern, name, "./@", matches_segment);
}

bool matches_dns_pattern(std::string_view pattern, std::string_view name) {
  const std::string rule = to_lower(without_final_dot(pattern));
  const std::string plain = to_lower(name);
  if (has(plain, '*')) {
    return rule == plain;
  }
  return is_valid_host(plain) && !IpAddress::parse(plain) && matches(rule, plain, ".", matches_label);
}

bool matches_uri_pattern(std::string_view pattern, std::string_view uri) {
  if (uri.size() > longest_uri || !has(uri, ':') || !has(pattern, ':') ||
      !std::all_of(uri.begin(), uri.end(), is_uri_character)) {
    return false;
  }
  const Uri rule = split(pattern);
  const Uri name = split(uri);
  if (rule.scheme != name.scheme || rule.has_authority != name.has_authority || rule.user != name.user ||
      rule.rest != name.rest) {
    return false;
  }
  if (has(uri, '*')) {
    return rule.host == name.host && rule.path == name.path;
  }
  // The percent sign is a separator, so that a '*' cannot match anything percent-encoded.
  return matches(rule.host, name.host, ".:[]%", matches_label) &&
         matches(rule.path, name.path, rule.has_authority ? "/%" : "/:%", matches_path_segment);
}

}  // namespace persona::trust
