#include "persona/x509/dns_name.hpp"

#include <algorithm>

#include "persona/base/text.hpp"

namespace persona::x509 {

namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035 section 2.3.4: 255 octets on the wire
constexpr std::size_t longest_label = 63;

bool is_label(std::string_view label, bool underscores) {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [&](char character) {
           const char lower = to_lower(character);
           return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') ||
                  character == '-' || (underscores && character == '_');
         });
}

bool has_labels_only(std::string_view name, bool underscores) {
  if (name.size() > longest_name) {
    return false;
  }
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_label(name.substr(0, dot), underscores)) {
      return false;
    }
    name.remove_prefix(dot + 1);
  }
  return is_label(name, underscores);
}

}  // namespace

bool is_dns_name(std::string_view name) {
  return has_labels_only(name, false);
}

bool is_dns_name_or_underscored(std::string_view name) {
  return has_labels_only(name, true);
}

bool matches_dns_name(std::string_view in_certificate, std::string_view name) {
  if (!in_certificate.starts_with("*.")) {
    return is_dns_name_or_underscored(name) && equals_ignoring_case(in_certificate, name);
  }
  if (!is_dns_name(name)) {
    return false;
  }
  const std::string_view parent = in_certificate.substr(2);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && equals_ignoring_case(name.substr(dot + 1), parent) &&
         !is_public_suffix(parent);
}

}  // namespace persona::x509
