// One certificate in words, with its issuer.
#include <algorithm>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/address.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/words.hpp"
#include "show_parts.hpp"
#include "spki.hpp"

namespace persona::x509 {

namespace {

using Chain = std::vector<ReadCertificate>;

std::string join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

bool same(const mbedtls_x509_buf& left, const mbedtls_x509_buf& right) {
  return std::equal(left.p, left.p + left.len, right.p, right.p + right.len);
}

bool is_self_issued(const mbedtls_x509_crt& certificate) {
  return same(certificate.issuer_raw, certificate.subject_raw);
}

// Judges by name, key and basic constraints; dates are shown elsewhere.
bool is_signed_by(mbedtls_x509_crt& certificate, mbedtls_x509_crt& issuer) {
  std::uint32_t flags = 0;
  // All curves and hashes: the question is who signed, not how well.
  static const mbedtls_x509_crt_profile any{0xffffffffU, 0xffffffffU, 0xffffffffU, 1024};
  mbedtls_x509_crt_verify_with_profile(&certificate, &issuer, nullptr, &any, nullptr, &flags, nullptr,
                                       nullptr);
  return (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
}

std::string issuer_in_words(const Chain& chain, std::size_t index) {
  mbedtls_x509_crt& certificate = *chain[index].certificate;
  if (is_self_issued(certificate)) {
    return "itself";
  }
  std::string words = name_in_words(certificate.issuer);
  for (std::size_t other = 0; other < chain.size(); ++other) {
    mbedtls_x509_crt& issuer = *chain[other].certificate;
    if (other == index || !same(certificate.issuer_raw, issuer.subject_raw)) {
      continue;
    }
    if (is_signed_by(certificate, issuer)) {
      return words + fmt::format(", certificate {} of this file{}", other + 1,
                                 other < index ? " (the issuer should come after it)" : "");
    }
    words += fmt::format(" (certificate {} has this name, but its key did not sign)", other + 1);
  }
  return words;
}

std::string validity_in_words(const mbedtls_x509_crt& certificate) {
  const TimePoint not_before = to_time_point(certificate.valid_from);
  const TimePoint not_after = to_time_point(certificate.valid_to);
  const TimePoint at = now();
  std::string state = validity_problem(certificate, at).value_or("");
  if (state.empty()) {
    const std::int64_t days = days_between(at, not_after);
    state = fmt::format("{} day{} left", days, days == 1 ? "" : "s");
  }
  return fmt::format("{} to {}: {}", format_date(not_before), format_date(not_after), state);
}

std::string usage_in_words(const mbedtls_x509_crt& certificate, const CertificateInfo& info) {
  if (mbedtls_x509_crt_has_ext_type(&certificate, MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) == 0) {
    return "anything (no extended key usage)";
  }
  std::vector<std::string> usages;
  if (info.for_clients) {
    usages.emplace_back("clients");
  }
  if (info.for_servers) {
    usages.emplace_back("servers");
  }
  return usages.empty() ? "neither clients nor servers" : join(usages);
}

void show_authority(const mbedtls_x509_crt& certificate, ShownLines& lines) {
  const auto limit = path_length_limit(certificate);
  std::string below = "with any number of CAs below it";
  if (limit == std::size_t{0}) {
    below = "with no other CA below it";
  } else if (limit) {
    below = fmt::format("with at most {} other CA{} below it", *limit, *limit == 1 ? "" : "s");
  }
  lines.row("authority", "a CA, " + below);
  std::vector<std::string> missing;
  if (mbedtls_x509_crt_check_key_usage(&certificate, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0) {
    missing.emplace_back("certificates");
  }
  if (mbedtls_x509_crt_check_key_usage(&certificate, MBEDTLS_X509_KU_CRL_SIGN) != 0) {
    missing.emplace_back("CRLs");
  }
  if (!missing.empty()) {
    lines.row("authority", fmt::format("its key usage does not let it sign {}", fmt::join(missing, " nor ")));
  }
}

// One GeneralSubtree (RFC 5280 section 4.2.1.10) as "DNS example.com".
std::string subtree_in_words(int tag, ByteView value) {
  switch (tag) {
    case DerReader::context(MBEDTLS_X509_SAN_DNS_NAME):
      return "DNS " + (value.empty() ? "(all)" : escape(as_text(value)));
    case DerReader::context(MBEDTLS_X509_SAN_RFC822_NAME):
      return "email " + escape(as_text(value));
    case DerReader::context(MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER):
      return "URI " + escape(as_text(value));
    case DerReader::context(MBEDTLS_X509_SAN_IP_ADDRESS): {
      if (value.size() != 8 && value.size() != 32) {
        return "IP (malformed)";
      }
      const std::size_t half = value.size() / 2;
      return fmt::format("IP {}/{}", address_in_words(value.first(half)), address_in_words(value.last(half)));
    }
    default:
      return "another kind of name";
  }
}

}  // namespace

std::string name_constraints_in_words(ByteView value) {
  const std::string malformed = "(cannot be read)";
  DerReader outer(value);
  const auto content = outer.take(DerReader::sequence);
  if (!content || !outer.empty()) {
    return malformed;
  }
  std::vector<std::string> lists;
  for (DerReader fields(*content); !fields.empty();) {
    const auto list = fields.take_any();
    if (!list) {
      return malformed;
    }
    std::vector<std::string> subtrees;
    for (DerReader rest(list->content); !rest.empty();) {
      const auto subtree = rest.take(DerReader::sequence);
      const auto base = subtree ? DerReader(*subtree).take_any() : std::nullopt;
      if (!base) {
        return malformed;
      }
      subtrees.push_back(subtree_in_words(base->tag, base->content));
    }
    const bool permitted = list->tag == DerReader::constructed(0);
    lists.push_back((permitted ? "permitted: " : "excluded: ") + join(subtrees));
  }
  return fmt::format("{}", fmt::join(lists, "; "));
}

void show_certificate(const Chain& chain, std::size_t index, ShownLines& lines) {
  const ReadCertificate& read = chain[index];
  const mbedtls_x509_crt& certificate = *read.certificate;
  const CertificateInfo info = describe(certificate);
  lines.title(chain.size() == 1 ? "certificate" : fmt::format("certificate {}", index + 1));
  lines.row("subject", info.subject.empty() ? "(empty)" : info.subject);
  if (!info.dns_names.empty()) {
    lines.row("DNS names", join(info.dns_names));
  }
  if (!info.ip_addresses.empty()) {
    lines.row("addresses", join(info.ip_addresses));
  }
  if (!info.uris.empty()) {
    lines.row("URIs", join(info.uris));
  }
  lines.row("issued by", issuer_in_words(chain, index));
  lines.row("valid", validity_in_words(certificate));
  if (mbedtls_x509_crt_get_ca_istrue(&certificate) == 1) {
    show_authority(certificate, lines);
  } else {
    lines.row("for", usage_in_words(certificate, info));
    if (mbedtls_x509_crt_check_key_usage(&certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
      lines.row("for", "its key usage does not let it sign, which TLS 1.3 needs");
    }
  }
  if (!read.name_constraints.empty()) {
    lines.row("limited to", name_constraints_in_words(read.name_constraints));
  }
  if (!read.unknown_critical.empty()) {
    lines.row("extensions", fmt::format("critical and unknown to persona, so most software refuses it: {}",
                                        fmt::join(read.unknown_critical, ", ")));
  }
  lines.row("key", info.key);
  lines.row("serial", info.serial);
  lines.row("pin", info.spki_pin);
}

void show_private_key(const mbedtls_pk_context& key, bool encrypted, const Chain& chain, ShownLines& lines) {
  const std::string pin = spki_pin(key);
  lines.title(encrypted ? "private key, encrypted" : "private key, not encrypted");
  lines.row("key", key_in_words(key));
  lines.row("pin", pin);
  if (chain.empty()) {
    return;
  }
  std::string owner = "no certificate of this file";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (spki_pin_of(*chain[i].certificate).to_string() == pin) {
      owner = fmt::format("certificate {} of this file", i + 1);
      break;
    }
  }
  lines.row("belongs to", owner);
}

}  // namespace persona::x509
