#include "name_mismatch.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "advice.hpp"
#include "matches_name.hpp"
#include "path_checks.hpp"
#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

struct Names {
  std::vector<std::string_view> dns;
  std::vector<std::string> addresses;
  std::vector<std::string_view> uris;
  std::vector<std::string_view> mailboxes;

  bool has_hosts() const { return !dns.empty() || !addresses.empty(); }
};

Names names_in(const mbedtls_x509_crt& leaf) {
  Names names;
  x509::for_each_alternative_name(leaf, [&](int type, ByteView value) {
    switch (type) {
      case MBEDTLS_X509_SAN_DNS_NAME:
        names.dns.push_back(as_text(value));
        break;
      case MBEDTLS_X509_SAN_IP_ADDRESS:
        names.addresses.push_back(x509::address_in_words(value));
        break;
      case MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER:
        names.uris.push_back(as_text(value));
        break;
      case MBEDTLS_X509_SAN_RFC822_NAME:
        names.mailboxes.push_back(as_text(value));
        break;
      default:
        break;
    }
    return true;
  });
  return names;
}

// "a.example.com, b.example.com and 3 more"
std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 5;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(shown, names.size()));
  std::string words = fmt::format("{}", fmt::join(names.begin(), end, ", "));
  if (names.size() > shown) {
    words += fmt::format(" and {} more", names.size() - shown);
  }
  return words;
}

std::vector<std::string> escaped(const std::vector<std::string_view>& names) {
  std::vector<std::string> out;
  std::transform(names.begin(), names.end(), std::back_inserter(out), &x509::escape);
  return out;
}

// What it has, of the kind that was asked for; or else of another kind, which is then named.
std::string what_it_has(const Names& names, bool spiffe) {
  if (!names.has_hosts() && names.uris.empty()) {
    return {};
  }
  if (spiffe) {
    return names.uris.empty() ? std::string("no URI") : list(escaped(names.uris));
  }
  if (!names.has_hosts()) {
    return "no DNS names or addresses, only the URI " + list(escaped(names.uris));
  }
  std::vector<std::string> hosts;
  for (const std::string_view name : names.dns) {
    hosts.push_back(IpAddress::parse(name) ? fmt::format("the DNS name {}", name) : x509::escape(name));
  }
  hosts.insert(hosts.end(), names.addresses.begin(), names.addresses.end());
  return list(hosts);
}

// Why a name in the certificate that looks like the expected one is not it; empty if none does.
std::string why_not(const Names& names, std::string_view expected) {
  const bool is_address = IpAddress::parse(expected).has_value();
  for (const std::string_view name : names.dns) {
    if (is_address && equals_ignoring_case(name, expected)) {
      return fmt::format("an address counts only as one (IP:{})", expected);
    }
    const std::size_t star = name.find('*');
    if (is_address || star == std::string_view::npos) {
      continue;
    }
    if (!name.starts_with("*.") || name.find('*', 1) != std::string_view::npos) {
      return fmt::format("{} stands for nothing: only a whole first label may be *", x509::escape(name));
    }
    const std::string_view domain = name.substr(1);  // with its dot
    if (expected.find('_') != std::string_view::npos) {
      return "no wildcard stands for a name with an underscore (RFC 5280 section 4.2.1.6)";
    }
    if (equals_ignoring_case(domain.substr(1), expected)) {
      return fmt::format("{} does not stand for {} itself", x509::escape(name), expected);
    }
    if (expected.size() > domain.size() &&
        equals_ignoring_case(expected.substr(expected.size() - domain.size()), domain)) {
      const bool one_label = expected.find('.') == expected.size() - domain.size();
      return one_label ? fmt::format("{} would stand for all names below a public suffix, which none may",
                                     x509::escape(name))
                       : fmt::format("the * in {} stands for one label only", x509::escape(name));
    }
  }
  if (is_spiffe_id(expected) && names.uris.size() > 1) {
    return "with several URIs none is a SPIFFE ID (X509-SVID section 2)";
  }
  for (const std::string_view uri : names.uris) {
    if (!is_spiffe_id(expected) && uri.find(expected) != std::string_view::npos) {
      return fmt::format("{} is there as a part of the URI {}, which does not count", expected,
                         x509::escape(uri));
    }
  }
  const auto mailbox = std::find(names.mailboxes.begin(), names.mailboxes.end(), expected);
  return mailbox == names.mailboxes.end()
             ? ""
             : fmt::format("{} is there as a mailbox, not as a DNS name", expected);
}

}  // namespace

std::string explain_mismatch(const mbedtls_x509_crt& leaf, PeerRole role, std::string_view expected) {
  expected = without_final_dot(expected);
  const Names names = names_in(leaf);
  std::string has = what_it_has(names, is_spiffe_id(expected));
  if (has.empty()) {
    has = fmt::format("no DNS names or addresses in subjectAltName, and the subject is not used ({})",
                      x509::display_name(leaf));
  }
  std::string sentence =
      fmt::format("name {} is not in the {}'s certificate; it has {}", expected, to_string(role), has);
  if (const std::string why = why_not(names, expected); !why.empty()) {
    sentence += "; " + why;
  }
  return sentence;
}

std::string mend_mismatch(const mbedtls_x509_crt& leaf, PeerRole role, std::string_view expected) {
  expected = without_final_dot(expected);
  const Names names = names_in(leaf);
  const std::string again =
      fmt::format("whoever issues the {}'s certificates has to issue it with that name: {}", to_string(role),
                  command_to_issue(role, expected, is_self_issued(leaf)));
  if (names.has_hosts() || (is_spiffe_id(expected) && !names.uris.empty())) {
    return "if this is the right gateway, set gateway.server_name to a name that it has; otherwise " + again;
  }
  return fmt::format(
      "a CN does not count (RFC 9525): {}; or go by its key: gateway.verify: pins, gateway.pins: "
      "[{}]",
      again, x509::spki_pin_of(leaf).to_string());
}

}  // namespace persona::trust
