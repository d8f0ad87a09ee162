#include "revocation.hpp"

#include <algorithm>
#include <utility>

#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

// mbedTLS leaves an absent nextUpdate zero.
bool has_next_update(const mbedtls_x509_crl& list) {
  return list.next_update.year != 0;
}

x509::TimePoint next_update(const mbedtls_x509_crl& list) {
  return has_next_update(list) ? x509::to_time_point(list.next_update) : x509::TimePoint::max();
}

/// Of the key that signed it (RFC 5280 section 5.2.1); empty: it does not say.
std::string key_identifier(const mbedtls_x509_crl& list) {
  const auto extensions = x509::Extensions::read(x509::bytes_of(list.crl_ext));
  const x509::Extension* identifier =
      extensions ? extensions->find(x509::oid::authority_key_identifier) : nullptr;
  return identifier != nullptr ? std::string(as_text(identifier->value)) : std::string();
}

/// Why a CRL cannot be used, if so. Without a number (RFC 5280 section 5.2.3) nobody could say which of two
/// is newer. mbedTLS has already refused critical extensions.
std::optional<std::string> defect(const mbedtls_x509_crl& list) {
  if (const auto weak = weak_hash(list)) {
    return fmt::format("is signed with {}, which is too weak", *weak);
  }
  const auto extensions = x509::Extensions::read(x509::bytes_of(list.crl_ext));
  if (!extensions) {
    return "has malformed extensions";
  }
  if (extensions->find(x509::oid::crl_number) == nullptr) {
    return "has no CRL number (RFC 5280 section 5.2.3)";
  }
  if (!has_next_update(list)) {
    return "does not say when the next one is due (RFC 5280 section 5.1.2.5)";
  }
  return std::nullopt;
}

/// RFC 5280 section 5.3: a CRL with a critical entry extension that the verifier cannot process must not be
/// used. mbedTLS ignores these extensions.
bool has_critical_extension(const mbedtls_x509_crl_entry& entry) {
  x509::DerReader fields(x509::bytes_of(entry.raw));
  if (!fields.take(MBEDTLS_ASN1_INTEGER) || !fields.take_any()) {
    return true;
  }
  const auto extensions = x509::Extensions::read(fields.rest());
  return !extensions || std::any_of(extensions->all().begin(), extensions->all().end(),
                                    [](const x509::Extension& extension) { return extension.critical; });
}

template <class... Args>
RevocationFinding finding(VerifyReason reason, fmt::format_string<Args...> format, Args&&... args) {
  return {reason, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace

std::string serial_octets(const mbedtls_x509_buf& serial) {
  std::string_view octets = as_text(x509::bytes_of(serial));
  while (octets.size() > 1 && octets.front() == '\0') {
    octets.remove_prefix(1);
  }
  return std::string(octets);
}

void RevocationLists::Deleter::operator()(mbedtls_x509_crl* list) const {
  mbedtls_x509_crl_free(list);
  delete list;
}

RevocationLists::~RevocationLists() = default;

Result<void> RevocationLists::append(std::string_view text, std::string_view source, std::size_t file) {
  const std::size_t before = entries_.size();
  auto added = append_all(text, source);
  for (std::size_t index = before; index < entries_.size(); ++index) {
    entries_[index].source = source;
    entries_[index].file = file;
  }
  return added;
}

Result<void> RevocationLists::append_all(std::string_view text, std::string_view source) {
  const auto blocks = x509::find_pem_blocks(text);
  if (!blocks) {
    return fail(ErrorKind::configuration, "{} {}", source, blocks.error().message);
  }
  if (blocks->empty() && !text.empty()) {
    return append_one(as_bytes(text).data(), text.size(), fmt::format("the CRL in {}", source));
  }
  std::size_t number = 0;
  for (const x509::PemBlock& block : *blocks) {
    if (block.label != "X509 CRL") {
      continue;
    }
    ++number;
    const x509::Secret pem = x509::plain_pem(block.text, block.label);
    const std::string what = fmt::format("CRL {} in {} (line {})", number, source, block.line);
    if (auto added = append_one(pem.octets(), pem.size_with_nul(), what); !added) {
      return added;
    }
  }
  if (number == 0) {
    return fail(ErrorKind::configuration, "{} contains no CRL (-----BEGIN X509 CRL-----)", source);
  }
  return {};
}

Result<void> RevocationLists::append_one(const unsigned char* data, std::size_t size, std::string_view what) {
  std::unique_ptr<mbedtls_x509_crl, Deleter> owned(new mbedtls_x509_crl);
  mbedtls_x509_crl& list = *owned;
  mbedtls_x509_crl_init(&list);
  Entry entry;
  if (const int status = mbedtls_x509_crl_parse(&list, data, size); status != 0) {
    const bool critical = status == MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG;
    return fail(ErrorKind::configuration, "{} cannot be {}: {}", what, critical ? "used" : "parsed",
                critical ? "it has a critical extension (a delta or partial CRL?); use a complete one"
                         : x509::mbedtls_reason(status));
  }
  if (const auto why = defect(list)) {
    return fail(ErrorKind::configuration, "{} {}: {}", what, *why, x509::name_in_words(list.issuer));
  }
  for (const mbedtls_x509_crl_entry* one = &list.entry; one != nullptr && one->raw.len != 0;
       one = one->next) {
    if (has_critical_extension(*one)) {
      return fail(ErrorKind::configuration,
                  "{} cannot be used: an entry of it has a critical extension (an indirect CRL?): {}", what,
                  x509::name_in_words(list.issuer));
    }
    entry.revoked.push_back(serial_octets(one->serial));
  }
  std::sort(entry.revoked.begin(), entry.revoked.end());
  entry.list = std::move(owned);
  entries_.push_back(std::move(entry));
  return {};
}

std::vector<CrlInfo> RevocationLists::describe() const {
  std::vector<CrlInfo> infos;
  for (const Entry& entry : entries_) {
    infos.push_back({x509::name_in_words(entry.list->issuer), x509::to_time_point(entry.list->this_update),
                     next_update(*entry.list), entry.revoked.size(), entry.source, entry.file,
                     is_superseded(entry)});
  }
  return infos;
}

/// Does one of the same issuer, and of the same key as far as they say, take over from it?
bool RevocationLists::is_superseded(const Entry& entry) const {
  const x509::TimePoint from = x509::to_time_point(entry.list->this_update);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& other) {
    const x509::TimePoint others = x509::to_time_point(other.list->this_update);
    return from < others && others <= next_update(*entry.list) && have_same_issuer(entry, other);
  });
}

/// The same name, and the same key as far as they say.
bool RevocationLists::have_same_issuer(const Entry& one, const Entry& other) {
  return x509::same_distinguished_name(x509::bytes_of(one.list->issuer_raw),
                                       x509::bytes_of(other.list->issuer_raw)) &&
         key_identifier(*one.list) == key_identifier(*other.list);
}

/// RFC 5280 section 6.3.3 (f): the issuer's keyUsage, if present, must include cRLSign.
bool RevocationLists::is_signed_list(const Entry& entry, const mbedtls_x509_crt& issuer,
                                     SignatureCache& signatures) {
  return mbedtls_x509_crt_check_key_usage(&issuer, MBEDTLS_X509_KU_CRL_SIGN) == 0 &&
         is_signed_by(*entry.list, issuer, signatures);
}

std::vector<std::size_t> RevocationLists::signed_by(const mbedtls_x509_crt& issuer,
                                                    SignatureCache& signatures) const {
  std::vector<std::size_t> numbers;
  for (std::size_t number = 0; number < entries_.size(); ++number) {
    const Entry& entry = entries_[number];
    if (x509::same_distinguished_name(x509::bytes_of(entry.list->issuer_raw),
                                      x509::bytes_of(issuer.subject_raw)) &&
        is_signed_list(entry, issuer, signatures)) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

bool RevocationLists::revokes(std::size_t list, const std::string& serial) const {
  const auto& revoked = entries_[list].revoked;
  return std::binary_search(revoked.begin(), revoked.end(), serial);
}

std::optional<RevocationFinding> RevocationLists::check(const mbedtls_x509_crt& certificate,
                                                        const mbedtls_x509_crt& issuer, x509::TimePoint at,
                                                        SignatureCache& signatures,
                                                        x509::TimePoint& valid_until) const {
  if (empty()) {
    return std::nullopt;
  }
  // Of several CRLs the latest in force counts, but a revocation in any that the issuer signed stands.
  std::optional<RevocationFinding> worst;
  const Entry* latest = nullptr;
  bool unsigned_seen = false;
  for (const Entry& entry : entries_) {
    if (!x509::same_distinguished_name(x509::bytes_of(entry.list->issuer_raw),
                                       x509::bytes_of(issuer.subject_raw))) {
      continue;
    }
    if (!is_signed_list(entry, issuer, signatures)) {
      unsigned_seen = true;
      continue;
    }
    if (auto found = check(entry, certificate, at); found && found->reason == VerifyReason::revoked) {
      return found;
    }
    // One that is not valid yet may have been installed ahead of time: it counts only if there is no other.
    const auto rank = [at](const Entry& one) {
      const x509::TimePoint from = x509::to_time_point(one.list->this_update);
      return std::pair(from <= at, from);
    };
    if (latest == nullptr || rank(*latest) < rank(entry)) {
      latest = &entry;
    }
  }
  if (latest != nullptr) {
    auto found = check(*latest, certificate, at);
    if (!found && !expired_allowed_) {
      valid_until = std::min(valid_until, next_update(*latest->list));
    }
    return found;
  }
  const std::string name = x509::name_in_words(issuer.subject);
  if (unsigned_seen) {
    return finding(VerifyReason::crl_invalid, "the revocation list of {} is not signed by it", name);
  }
  return finding(VerifyReason::crl_missing,
                 "no revocation list of {} is in trust.crl, so it is unknown whether {} was revoked", name,
                 x509::display_name(certificate));
}

std::optional<RevocationFinding> RevocationLists::check(const Entry& entry,
                                                        const mbedtls_x509_crt& certificate,
                                                        x509::TimePoint at) const {
  const std::string issuer = x509::name_in_words(entry.list->issuer);
  if (std::binary_search(entry.revoked.begin(), entry.revoked.end(), serial_octets(certificate.serial))) {
    return finding(VerifyReason::revoked, "was revoked by {}", issuer);
  }
  const x509::TimePoint from = x509::to_time_point(entry.list->this_update);
  if (at < from) {
    return finding(VerifyReason::crl_invalid, "the revocation list of {} is not valid before {}", issuer,
                   x509::format_date(from));
  }
  const x509::TimePoint until = next_update(*entry.list);
  if (until < at && !expired_allowed_) {
    return finding(
        VerifyReason::crl_expired,
        "the revocation list of {} expired {} ago ({}): renew trust.crl, or set trust.crl_expired: "
        "allow",
        issuer, x509::span_in_words(at - until), x509::format_date(until));
  }
  return std::nullopt;
}

}  // namespace persona::trust
