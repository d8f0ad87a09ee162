// Versions, suites and groups.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/text.hpp"
#include "persona/base/tls_parameters.hpp"

namespace persona::importing::carry {

namespace {

/// What OpenSSL calls the suites of TLS 1.2 that there are.
constexpr std::array<std::array<std::string_view, 2>, 6> suite_names = {{
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
}};

constexpr std::array<std::array<std::string_view, 2>, 9> group_names = {{
    {"x25519", "x25519"},
    {"x25519mlkem768", hybrid_group},
    {"p-256", "secp256r1"},
    {"prime256v1", "secp256r1"},
    {"secp256r1", "secp256r1"},
    {"p-384", "secp384r1"},
    {"secp384r1", "secp384r1"},
    {"p-521", "secp521r1"},
    {"secp521r1", "secp521r1"},
}};

/// Options of OpenSSL that are as they are here, whatever one says.
constexpr std::string_view always_so[] = {"ALL",
                                          "CIPHER_SERVER_PREFERENCE",
                                          "DONT_INSERT_EMPTY_FRAGMENTS",
                                          "NO_COMPRESSION",
                                          "NO_RENEGOTIATION",
                                          "NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
                                          "NO_SSLv2",
                                          "NO_SSLv3",
                                          "NO_TLSv1",
                                          "NO_TLSv1_1",
                                          "SINGLE_DH_USE",
                                          "SINGLE_ECDH_USE",
                                          "EPHEMERAL_RSA",
                                          "NETSCAPE_BUG",
                                          "TLS_D5_BUG",
                                          "TLS_BLOCK_PADDING_BUG",
                                          "TLS_ROLLBACK_BUG",
                                          "MICROSOFT_SESS_ID_BUG",
                                          "MICROSOFT_BIG_SSLV3_BUFFER",
                                          "MSIE_SSLV2_RSA_PADDING",
                                          "NETSCAPE_CHALLENGE_BUG",
                                          "NETSCAPE_REUSE_CIPHER_CHANGE_BUG",
                                          "NETSCAPE_DEMO_CIPHER_CHANGE_BUG",
                                          "NETSCAPE_CA_DN_BUG",
                                          "SSLREF2_REUSE_CERT_TYPE_BUG",
                                          "SSLEAY_080_CLIENT_DH_BUG",
                                          "PKCS1_CHECK_1",
                                          "PKCS1_CHECK_2",
                                          "SAFARI_ECDHE_ECDSA_BUG",
                                          "CRYPTOPRO_TLSEXT_BUG",
                                          "TLSEXT_PADDING",
                                          "NO_SSL_MASK",
                                          "ENABLE_MIDDLEBOX_COMPAT",
                                          "PRIORITIZE_CHACHA",
                                          "CLEANSE_PLAINTEXT",
                                          "NO_DTLSv1",
                                          "NO_DTLSv1_2",
                                          "NO_DTLS_MASK",
                                          "NO_QUERY_MTU",
                                          "COOKIE_EXCHANGE",
                                          "CISCO_ANYCONNECT"};

constexpr std::string_view no_older = "nothing older than TLS 1.2 is spoken";

template <class Visit>
void each_word(std::string_view text, std::string_view separators, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) {
      visit(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_once(std::vector<std::string>& list, std::string_view name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) {
    list.emplace_back(name);
  }
}

/// Our name in a table; empty: it is not there.
template <std::size_t N>
std::string_view ours(const std::array<std::array<std::string_view, 2>, N>& table, std::string_view theirs) {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row[0] == theirs; });
  return found == table.end() ? std::string_view() : (*found)[1];
}

struct Version {
  bool all = false;
  bool too_old = false;
  std::string_view ours;  ///< "1.2", "1.3"
};

std::optional<Version> read_version(const Draft& draft, Line line, std::string_view value) {
  const std::string word = to_lower(value);
  if (word == "all" || word == "none") {
    return Version{true, false, {}};
  }
  if (word == "tlsv1.2" || word == "tlsv1.3") {
    return Version{false, false, word == "tlsv1.2" ? "1.2" : "1.3"};
  }
  if (word == "sslv2" || word == "sslv3" || word == "tlsv1" || word == "tlsv1.0" || word == "tlsv1.1") {
    return Version{false, true, {}};
  }
  draft.refuse(line, fmt::format("expected all or a version such as TLSv1.2, found {}",
                                 in_quotes(utf8_prefix(value, 40))));
  return std::nullopt;
}

void set_lowest(Draft& draft, Line line, std::string_view value) {
  if (const auto version = read_version(draft, line, value)) {
    if (version->too_old) {
      draft.remark(line, Fate::changed, std::string(no_older));
    }
    draft.min_version = version->ours;
  }
}

void set_highest(Draft& draft, Line line, std::string_view value) {
  if (const auto version = read_version(draft, line, value)) {
    if (version->too_old) {
      draft.remark(line, Fate::left_out, std::string(no_older));
    }
    draft.max_version = version->ours;
  }
}

void set_groups(Draft& draft, Line line, std::string_view value) {
  draft.groups.clear();
  each_word(value, ":, ", [&](std::string_view name) {
    const std::string_view group = ours(group_names, to_lower(name));
    if (!group.empty() && find_named_group(group) != nullptr) {
      add_once(draft.groups, group);
    } else {
      draft.remark(line, Fate::left_out,
                   fmt::format("there is no group {} here", in_quotes(utf8_prefix(name, 40))));
    }
  });
  if (draft.groups.empty()) {
    draft.remark(line, Fate::changed,
                 "none of these groups is here, so those of tls.groups' default are used");
  }
}

void set_ciphers(Draft& draft, Line line, std::string_view value) {
  draft.suites12.clear();
  std::size_t unknown = 0;
  each_word(value, ":, ", [&](std::string_view name) {
    const std::string_view suite = ours(suite_names, name);
    if (!suite.empty()) {
      add_once(draft.suites12, suite);
    } else {
      ++unknown;
    }
  });
  if (draft.suites12.empty()) {
    draft.remark(
        line, Fate::changed,
        "no suite that persona has is named, so its own are used: forward secrecy and an AEAD, nothing "
        "else");
  } else if (unknown > 0) {
    draft.remark(
        line, Fate::changed,
        "what has no forward secrecy or no AEAD, and keywords such as HIGH or !aNULL, are not needed");
  }
}

void set_suites(Draft& draft, Line line, std::string_view value) {
  draft.suites13.clear();
  each_word(value, ":, ", [&](std::string_view name) {
    const CipherSuite* suite = find_cipher_suite(name);
    if (suite != nullptr && suite->version == TlsVersion::tls13) {
      add_once(draft.suites13, suite->name);
    } else {
      draft.remark(line, Fate::left_out,
                   fmt::format("there is no suite {} here", in_quotes(utf8_prefix(name, 60))));
    }
  });
}

}  // namespace

void version(Draft& draft, Line line, Option) {
  set_lowest(draft, line, line.value);
  if (const auto version = read_version(draft, line, line.value); version && version->too_old) {
    draft.max_version.clear();
    return;  // it was said: what is newer is used
  }
  set_highest(draft, line, line.value);
}

void lowest_version(Draft& draft, Line line, Option) {
  set_lowest(draft, line, line.value);
}

void highest_version(Draft& draft, Line line, Option) {
  set_highest(draft, line, line.value);
}

void ciphers(Draft& draft, Line line, Option) {
  set_ciphers(draft, line, line.value);
}

void suites(Draft& draft, Line line, Option) {
  set_suites(draft, line, line.value);
}

void curves(Draft& draft, Line line, Option) {
  set_groups(draft, line, line.value);
}

void tls_option(Draft& draft, Line line, Option) {
  std::string_view word = line.value;
  const bool is_off = word.starts_with('-');
  word.remove_prefix(is_off || word.starts_with('+') ? 1 : 0);
  const auto is = [&](std::string_view name) { return equals_ignoring_case(word, name); };
  if (is("NO_TLSv1_3") || is("NO_TLSv1_2")) {
    const bool is_highest = is("NO_TLSv1_3");
    (is_highest ? draft.max_version : draft.min_version) = is_off ? "" : is_highest ? "1.2" : "1.3";
  } else if (is("NO_TICKET")) {
    draft.resumption = is_off;
  } else if (is_off && (is("NO_SSLv2") || is("NO_SSLv3") || is("NO_TLSv1") || is("NO_TLSv1_1"))) {
    draft.remark(line, Fate::left_out, std::string(no_older));
  } else if (std::any_of(std::begin(always_so), std::end(always_so), is)) {
    draft.remark(line, is_off ? Fate::changed : Fate::not_needed,
                 "there is no such choice: what is safe is always so");
  } else {
    draft.remark(line, Fate::left_out,
                 fmt::format("there is no key for OpenSSL's option {}", in_quotes(utf8_prefix(word, 60))));
  }
}

void openssl_command(Draft& draft, Line line, Option) {
  const std::size_t colon = line.value.find(':');
  const std::string command = to_lower(line.value.substr(0, colon));
  const std::string value = colon == std::string::npos ? "" : line.value.substr(colon + 1);
  if (command == "minprotocol") {
    set_lowest(draft, line, value);
  } else if (command == "maxprotocol") {
    set_highest(draft, line, value);
  } else if (command == "curves" || command == "groups") {
    set_groups(draft, line, value);
  } else if (command == "cipherstring") {
    set_ciphers(draft, line, value);
  } else if (command == "ciphersuites") {
    set_suites(draft, line, value);
  } else {
    draft.remark(
        line, Fate::left_out,
        fmt::format("there is no key for OpenSSL's command {}", in_quotes(utf8_prefix(command, 60))));
  }
}

void resume(Draft& draft, Line line, Option) {
  draft.resumption = is_yes(draft, line);
}

void ticket_secret(Draft& draft, Line line, Option option) {
  if (draft.is_client) {
    draft.remark(line, Fate::not_needed, "a client has no such keys");
    return;
  }
  draft.shares_tickets = true;
  draft.remark(line, Fate::to_do, std::string(option.words));
}

void security_level(Draft& draft, Line line, Option option) {
  const std::uint32_t level = number(draft, line, "a level", 5);
  constexpr std::uint32_t as_here = 2;
  draft.remark(line,
               level > as_here   ? Fate::left_out
               : level < as_here ? Fate::changed
                                 : Fate::not_needed,
               std::string(option.words));
}

}  // namespace persona::importing::carry
