// Arbitrary names: a line with what a certificate has, then what is asked for. And arbitrary certificates
// (DER), asked for names.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "persona/base/text.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/dns_name.hpp"
#include "trust/matches_name.hpp"
#include "trust/name_constraints.hpp"

using namespace persona;
using namespace persona::trust;
using namespace persona::x509;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::vector<std::string> labels_of(std::string_view name) {
  std::vector<std::string> labels(1);
  for (const char character : name) {
    if (character == '.') {
      labels.emplace_back();
    } else {
      labels.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
  }
  return labels;
}

// RFC 9525 section 6.3 told once more: label by label, the left-most may be a wildcard if two or more follow.
bool may_match(std::string_view pattern, std::string_view name) {
  auto left = labels_of(pattern);
  auto right = labels_of(name);
  if (left.front() == "*" && left.size() > 2) {
    left.front() = right.front();
  }
  return left == right && std::find(right.begin(), right.end(), std::string()) == right.end();
}

void compare(std::string_view pattern, std::string_view name) {
  const bool matches = matches_dns_name(pattern, name);
  demand(!matches || (may_match(pattern, name) && is_dns_name_or_underscored(name)));
  demand(!matches || is_dns_name(name) || equals_ignoring_case(pattern, name));
  demand(!matches || pattern.find('\0') == std::string_view::npos);
  demand(matches_dns_name(name, name) == is_dns_name_or_underscored(name));
  demand(equals_ignoring_case(pattern, name) == equals_ignoring_case(name, pattern));
  std::string upper(pattern);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  demand(matches_dns_name(upper, name) == matches);
  if (pattern.starts_with("*.") && is_public_suffix(pattern.substr(2))) {
    demand(!matches);
  }
}

void ask(std::string_view certificate) {
  CertificateList list;
  if (!list.append_pem(certificate)) {
    return;
  }
  const auto info = describe(*list.get());
  for (const std::string_view name : {"gateway.test", "a.example.test", "xn--bcher-kva.example"}) {
    const bool any = std::any_of(info.dns_names.begin(), info.dns_names.end(),
                                 [&](const std::string& has) { return may_match(has, name); });
    demand(any || !matches_name(*list.get(), name));
  }
  for (const std::string_view address : {"192.0.2.7", "2001:db8::7"}) {
    const bool has =
        std::find(info.ip_addresses.begin(), info.ip_addresses.end(), address) != info.ip_addresses.end();
    demand(has == matches_name(*list.get(), address));
  }
  for (const GeneralName& name : names_of(*list.get())) {
    demand(!in_words(name).empty());
    is_well_formed(name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = initialise_crypto().has_value();
  demand(ready);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('\x30')) {
    ask(input);
    return 0;
  }
  const std::size_t line = input.find('\n');
  if (line != std::string_view::npos) {
    compare(input.substr(0, line), input.substr(line + 1));
  }
  return 0;
}
