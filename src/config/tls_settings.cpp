#include "tls_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "file_value.hpp"
#include "persona/base/text.hpp"
#include "persona/config/suggestion.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest_protocol = 255;  // RFC 7301 section 3.1
constexpr std::size_t most_protocols = 32;
constexpr std::array<std::string_view, 3> default_ciphers = {
    "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"};
// In TLS 1.2 a certificate's curve has to be one of these too (RFC 8422 section 5.3), hence secp521r1.
constexpr std::array<std::string_view, 5> default_groups = {hybrid_group, "x25519", "secp256r1", "secp384r1",
                                                            "secp521r1"};

using Suites = std::vector<const CipherSuite*>;

bool has_version(const Suites& suites, TlsVersion version) {
  return std::any_of(suites.begin(), suites.end(),
                     [version](const CipherSuite* s) { return s->version == version; });
}

// What OpenSSL and NIST call the groups.
constexpr std::array<std::array<std::string_view, 2>, 4> other_names = {
    {{"prime256v1", "secp256r1"}, {"P-256", "secp256r1"}, {"P-384", "secp384r1"}, {"P-521", "secp521r1"}}};

// "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" and OpenSSL's "ECDHE-RSA-AES128-GCM-SHA256" become the same.
std::string without_filling(std::string_view name) {
  std::string out(name);
  for (const std::string_view filling : {"TLS_", "WITH_", "_", "-"}) {
    for (std::size_t at = out.find(filling); at != std::string::npos; at = out.find(filling, at)) {
      out.erase(at, filling.size());
    }
  }
  return out;
}

std::string_view probably_meant(std::string_view name, const std::vector<std::string_view>& names) {
  for (const auto& [other, ours] : other_names) {
    if (name == other) {
      return ours;
    }
  }
  const auto same = std::find_if(
      names.begin(), names.end(),
      [bare = without_filling(name)](std::string_view known) { return without_filling(known) == bare; });
  return same == names.end() ? closest(name, names) : *same;
}

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) {
    names.push_back(row.name);
  }
  return names;
}

// The entries of a list of names that are in a table, in the order of the list.
template <class Row, class Find>
std::vector<const Row*> read_names(const Value& value, std::string_view what,
                                   const std::vector<std::string_view>& names, Find find) {
  std::vector<const Row*> rows;
  for (const Value& item : value.one_or_list()) {
    const auto name = item.text();
    if (!name) {
      continue;
    }
    const Row* row = find(*name);
    if (row == nullptr && *name == hybrid_group) {
      item.error(
          fmt::format("this build of persona has no {}: it needs the mbedTLS and the libcrux that "
                      "scripts/setup builds",
                      hybrid_group));
    } else if (row == nullptr) {
      const std::string_view meant = probably_meant(*name, names);
      item.error(fmt::format("{} is not a supported {}{}", in_quotes(*name), what,
                             meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
    } else if (std::find(rows.begin(), rows.end(), row) != rows.end()) {
      item.error(fmt::format("{} is listed twice", *name));
    } else {
      rows.push_back(row);
    }
  }
  return rows;
}

// A list that names only TLS 1.3 suites governs TLS 1.2 as well, through the same AEADs.
Suites with_implied_tls12(Suites suites) {
  if (has_version(suites, TlsVersion::tls12)) {
    return suites;
  }
  const Suites named = suites;
  for (const CipherSuite* suite : named) {
    for (const CipherSuite& other : cipher_suites()) {
      if (other.version == TlsVersion::tls12 && other.aead == suite->aead) {
        suites.push_back(&other);
      }
    }
  }
  return suites;
}

std::optional<TlsVersion> read_version(const std::optional<Value>& value) {
  const auto word = value ? value->one_of({"1.2", "1.3"}) : std::nullopt;
  if (!word) {
    return std::nullopt;
  }
  return *word == "1.2" ? TlsVersion::tls12 : TlsVersion::tls13;
}

void read_versions(Section& section, Tls& tls) {
  const auto least = section.get("min_version");
  const auto most = section.get("max_version");
  tls.min_version = read_version(least).value_or(tls.min_version);
  tls.max_version = read_version(most).value_or(tls.max_version);
  if (tls.min_version > tls.max_version) {
    (most ? most : least)->error("the highest version is below the lowest, tls.min_version");
    tls.min_version = tls.max_version;
  }
}

void read_ciphers(Section& section, Tls& tls) {
  Suites suites;
  if (const auto value = section.get("ciphers")) {
    suites = read_names<CipherSuite>(*value, "cipher suite", names_of(cipher_suites()),
                                     [](std::string_view name) { return find_cipher_suite(name); });
    if (!suites.empty() && tls.max_version == TlsVersion::tls13 && !has_version(suites, TlsVersion::tls13)) {
      value->error(
          "no TLS 1.3 suite is listed; add one such as TLS_AES_256_GCM_SHA384, or set max_version: \"1.2\"");
    }
  }
  if (suites.empty()) {
    for (const std::string_view name : default_ciphers) {
      suites.push_back(find_cipher_suite(name));
    }
  }
  for (const CipherSuite* suite : with_implied_tls12(suites)) {
    if (suite->version >= tls.min_version && suite->version <= tls.max_version) {
      tls.ciphers.push_back(suite->code_point);
    }
  }
}

using Groups = std::vector<const NamedGroup*>;

/// Those that can be agreed upon in `version` or a lower one.
Groups up_to(TlsVersion version, Groups groups) {
  groups.erase(std::remove_if(groups.begin(), groups.end(),
                              [version](const NamedGroup* each) { return each->lowest > version; }),
               groups.end());
  return groups;
}

void read_groups(Section& section, Tls& tls) {
  Groups groups;
  if (const auto value = section.get("groups")) {
    const Groups listed =
        read_names<NamedGroup>(*value, "group", names_of(named_groups()),
                               [](std::string_view name) { return find_named_group(name); });
    groups = up_to(tls.max_version, listed);
    if (groups.empty() && !listed.empty()) {
      value->error(fmt::format("{} needs TLS 1.3, and tls.max_version is 1.2: add a group such as x25519",
                               listed.front()->name));
    }
  }
  if (groups.empty()) {
    for (const std::string_view name : default_groups) {
      if (const NamedGroup* group = find_named_group(name)) {
        groups.push_back(group);
      }
    }
    groups = up_to(tls.max_version, std::move(groups));
  }
  if (up_to(TlsVersion::tls12, groups).empty()) {
    tls.min_version = TlsVersion::tls13;  // there is nothing to agree on in a lower one
  }
  for (const NamedGroup* group : groups) {
    tls.groups.push_back(group->code_point);
  }
}

void read_alpn(Section& section, Tls& tls) {
  const auto value = section.get("alpn");
  const auto items = value ? value->list() : std::nullopt;
  if (!items) {
    return;
  }
  if (items->size() > most_protocols) {
    value->error(fmt::format("at most {} protocols can be offered", most_protocols));
    return;
  }
  for (const Value& item : *items) {
    const auto name = item.text();
    if (!name) {
      continue;
    }
    if (name->empty() || name->size() > longest_protocol) {
      item.error(fmt::format("a protocol name has 1 to {} bytes", longest_protocol));
    } else if (std::find(tls.alpn.begin(), tls.alpn.end(), *name) != tls.alpn.end()) {
      item.error(fmt::format("{} is listed twice", in_quotes(*name)));
    } else {
      tls.alpn.push_back(*name);
    }
  }
}

}  // namespace

void read_tls(Section section, Config& config) {
  Tls& tls = config.tls;
  read_versions(section, tls);
  read_groups(section, tls);
  read_ciphers(section, tls);
  read_alpn(section, tls);
  if (const auto value = section.get("resumption")) {
    tls.resumption = value->boolean().value_or(tls.resumption);
  }
  if (const auto value = section.get("ticket_keys")) {
    if (config.mode == Mode::persona) {
      value->error(
          "has no effect: tickets are made by the other end, so it belongs into a file with \"service\"");
    } else if (!tls.resumption) {
      value->error("has no effect with tls.resumption: false, which makes no tickets: remove one of the two");
    }
    tls.ticket_keys = read_file(config.file, *value);
  }
  section.finish();
}

}  // namespace persona::config
