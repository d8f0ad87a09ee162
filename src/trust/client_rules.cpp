#include "persona/trust/client_rules.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "name_pattern.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

constexpr std::size_t most_shown = 8;       // of each kind
constexpr std::size_t longest_shown = 256;  // characters of a name

/// The names in a certificate, as encoded.
struct Presented {
  std::vector<std::string_view> cn;
  std::vector<std::string_view> dns;
  std::vector<std::string_view> uri;
  std::size_t common_names = 0;  // including those not in `cn` for their string type
};

bool is_common_name(const mbedtls_x509_buf& oid) {
  return MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &oid) == 0;
}

// The types whose bytes are UTF-8 (RFC 5280 section 4.1.2.4); the others are obsolete.
bool is_utf8(int tag) {
  return tag == MBEDTLS_ASN1_UTF8_STRING || tag == MBEDTLS_ASN1_PRINTABLE_STRING ||
         tag == MBEDTLS_ASN1_IA5_STRING;
}

Presented presented_by(const mbedtls_x509_crt& leaf) {
  Presented names;
  for (const mbedtls_x509_name* part = &leaf.subject; part != nullptr; part = part->next) {
    if (!is_common_name(part->oid)) {
      continue;
    }
    ++names.common_names;
    if (is_utf8(part->val.tag)) {
      names.cn.push_back(as_text(ByteView(part->val.p, part->val.len)));
    }
  }
  x509::for_each_alternative_name(leaf, [&](int type, ByteView value) {
    if (type == MBEDTLS_X509_SAN_DNS_NAME) {
      names.dns.push_back(as_text(value));
    } else if (type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER) {
      names.uri.push_back(as_text(value));
    }
    return true;
  });
  return names;
}

template <class Matches>
bool any_match(const std::vector<std::string>& patterns, const std::vector<std::string_view>& names,
               Matches matches) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return matches(pattern, name); });
  });
}

bool is_spiffe(std::string_view uri) {
  constexpr std::string_view scheme = "spiffe:";
  return equals_ignoring_case(uri.substr(0, scheme.size()), scheme);
}

std::string shortened(const std::string& text) {
  const std::string_view start = utf8_prefix(text, longest_shown);
  return start.size() < text.size() ? std::string(start) + "..." : text;
}

// Appends "; dns a.example.com, b.example.com".
template <class Items, class Words>
void append(std::string& out, std::string_view kind, const Items& items, Words words) {
  if (items.empty()) {
    return;
  }
  out += fmt::format("{}{} ", out.empty() ? "" : "; ", kind);
  for (std::size_t i = 0; i < std::min(items.size(), most_shown); ++i) {
    out += (i == 0 ? "" : ", ") + shortened(words(items[i]));
  }
  if (items.size() > most_shown) {
    out += fmt::format(" and {} more", items.size() - most_shown);
  }
}

}  // namespace

bool ClientRules::admits(const mbedtls_x509_crt& leaf) const {
  if (std::find(patterns_.pins.begin(), patterns_.pins.end(), x509::spki_pin_of(leaf)) !=
      patterns_.pins.end()) {
    return true;
  }
  const Presented names = presented_by(leaf);
  const bool several_uris = names.uri.size() > 1;
  return (names.common_names == 1 && any_match(patterns_.cn, names.cn, matches_common_name)) ||
         any_match(patterns_.dns, names.dns, matches_dns_pattern) ||
         any_match(patterns_.uri, names.uri, [&](std::string_view pattern, std::string_view uri) {
           return !(several_uris && is_spiffe(uri)) && matches_uri_pattern(pattern, uri);
         });
}

std::string ClientRules::refusal(const mbedtls_x509_crt& leaf) const {
  const Presented names = presented_by(leaf);
  const auto escaped = [](std::string_view name) { return x509::escape(name); };
  std::string identity;
  append(identity, "dns", names.dns, escaped);
  append(identity, "uri", names.uri, escaped);
  append(identity, "pin", std::vector{x509::spki_pin_of(leaf)},
         [](const SpkiPin& pin) { return pin.to_string(); });

  const auto as_written = [](const std::string& pattern) { return printable(pattern); };
  std::string rules;
  append(rules, "cn:", patterns_.cn, as_written);
  append(rules, "dns:", patterns_.dns, as_written);
  append(rules, "uri:", patterns_.uri, as_written);
  append(rules, "pins:", patterns_.pins, [](const SpkiPin& pin) { return pin.to_string(); });

  std::string sentence = fmt::format("client {} ({}) matches nothing in clients.allow ({})",
                                     shortened(x509::display_name(leaf)), identity, rules);
  if (names.common_names > 1 && !patterns_.cn.empty()) {
    sentence += "; with several common names, none is used";
  }
  if (names.uri.size() > 1 && !patterns_.uri.empty() &&
      std::any_of(names.uri.begin(), names.uri.end(), is_spiffe)) {
    sentence += "; with several URIs, none is used as a SPIFFE ID";
  }
  return sentence;
}

}  // namespace persona::trust
