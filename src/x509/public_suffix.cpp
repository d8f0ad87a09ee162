// The public suffix list, compiled in from Debian's package publicsuffix (cmake/make-public-suffixes.py).
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "persona/base/text.hpp"
#include "persona/x509/dns_name.hpp"

namespace persona::x509 {

namespace {

using namespace std::string_view_literals;

// Sorted rules, lower case, A-labels: "co.uk", "*.ck" for every name below, "!www.ck" for an exception.
// Not a std::array: clang does not deduce one from so many elements.
constexpr std::string_view rules[] = {
#include "public_suffixes.inc"
};

bool is_rule(std::string_view rule) {
  return std::binary_search(std::begin(rules), std::end(rules), rule);
}

}  // namespace

bool is_public_suffix(std::string_view name) {
  const std::string lower = to_lower(name);
  const std::size_t dot = lower.find('.');
  if (dot == std::string::npos) {
    return true;
  }
  return !is_rule("!" + lower) && (is_rule(lower) || is_rule("*" + lower.substr(dot)));
}

}  // namespace persona::x509
