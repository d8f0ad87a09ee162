// What an authority does for leaves: issue, renew, revoke.
#include <algorithm>
#include <utility>

#include "authority_opened.hpp"
#include "issue_names.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"

namespace persona::authority {

namespace {

namespace fs = std::filesystem;

constexpr const char* certificate_file = "certificate.pem";
constexpr const char* key_file = "private_key.pem";
constexpr const char* ca_file = "ca.pem";

LedgerEntry entry_of(const LeafRequest& asked, const IssueRequest& request, unsigned days,
                     const x509::CertificateInfo& made) {
  LedgerEntry entry;
  entry.serial = made.serial;
  entry.name = asked.name;
  entry.usage = asked.usage;
  entry.dns_names = request.dns_names;
  entry.ip_addresses = request.ip_addresses;
  entry.uris = request.uris;
  entry.days = days;
  entry.issued_at = x509::now();
  entry.not_after = made.not_after;
  return entry;
}

LeafRequest request_of(const LedgerEntry& entry) {
  LeafRequest request;
  request.usage = entry.usage;
  request.name = entry.name;
  request.dns_names = entry.dns_names;
  request.ip_addresses = entry.ip_addresses;
  request.uris = entry.uris;
  return request;
}

// From now, and never beyond the end of the CA.
std::chrono::seconds lifetime(unsigned days, x509::TimePoint authority_ends, Report& report) {
  const std::chrono::seconds wanted = std::chrono::days(days);
  const std::chrono::seconds possible = authority_ends - x509::now();
  if (wanted <= possible) {
    return wanted;
  }
  report.warnings.push_back(fmt::format(
      "the CA ends on {}, and so does this certificate, before its {} days are over: make a new CA soon",
      x509::format_date(authority_ends), days));
  return possible;
}

// No certificate is handed out unless the CA's own certificate verifies it.
Result<x509::CertificateInfo> verified(const std::string& pem, const x509::ReadCertificate& ca) {
  const auto read = x509::read_certificate_pem(pem, "the new certificate");
  if (!read) {
    return tl::unexpected(read.error());
  }
  std::uint32_t flags = 0;
  const int status = mbedtls_x509_crt_verify(read->certificate.get(), ca.certificate.get(), nullptr, nullptr,
                                             &flags, nullptr, nullptr);
  if (status != 0) {
    return fail(
        ErrorKind::configuration,
        "the new certificate is not one of the CA's ({}): is ca.crt one that persona pki init has made?",
        x509::mbedtls_reason(status));
  }
  return x509::describe(*read->certificate);
}

std::vector<std::string> all_names(const x509::CertificateInfo& info) {
  std::vector<std::string> names = info.dns_names;
  names.insert(names.end(), info.ip_addresses.begin(), info.ip_addresses.end());
  names.insert(names.end(), info.uris.begin(), info.uris.end());
  return names;
}

void tell_of(const x509::CertificateInfo& made, const fs::path& folder, bool with_key, Report& report) {
  const auto names = all_names(made);
  if (!names.empty()) {
    report.done.push_back(fmt::format("  names        {}", fmt::join(names, ", ")));
  }
  // A minute more, or the seconds since it was issued would make 90 days read as 89.
  report.done.push_back(
      fmt::format("  valid until  {} ({} days)", x509::format_date(made.not_after),
                  x509::days_between(x509::now(), made.not_after + std::chrono::minutes(1))));
  report.done.push_back(fmt::format("  serial       {}", made.serial));
  report.done.push_back(fmt::format("  pin          {}", made.spki_pin));
  report.done.push_back(fmt::format("  certificate  {}", (folder / certificate_file).string()));
  report.done.push_back(
      fmt::format("  private key  {}{}", (folder / key_file).string(), with_key ? "" : " (as before)"));
  report.done.push_back(fmt::format("  trust        {}", (folder / ca_file).string()));
}

// Lists the other valid certificates of a name that gets a new one.
void tell_of_others(const Ledger& ledger, std::string_view name, std::string_view but, Report& report) {
  for (const LedgerEntry& entry : ledger.entries) {
    if (entry.name == name && entry.serial != but && !entry.revocation && entry.not_after > x509::now()) {
      report.done.push_back(fmt::format("  still valid  {} until {}, unless it is revoked", entry.serial,
                                        x509::format_date(entry.not_after)));
    }
  }
}

void warn_of_days(Profile profile, unsigned days, Report& report) {
  const ProfileTerms& terms = terms_of(profile);
  if (days > terms.long_leaf_days) {
    report.warnings.push_back(fmt::format(
        "{} days are long for a certificate of profile {} (up to {} are usual): a stolen key is good for "
        "as long, wherever the CRL does not arrive",
        days, terms.name, terms.long_leaf_days));
  }
}

}  // namespace

// The previous pair is copied, not renamed, so that the pair in use never lacks one of its files.
Result<void> AuthorityFolder::save_pair(std::string_view name, const PemPair& pair, Report& report) const {
  auto saved = ensure_folder(folder_ / "issued", Readers::everyone);
  saved = saved ? ensure_folder(issued(name, ""), Readers::everyone) : saved;
  std::vector<x509::Secret> old;  // `files` has views of it
  std::vector<NewFile> files;
  const auto keep = [&](std::string_view file, std::string_view previous, Readers readers) {
    if (!saved || !is_there(issued(name, file))) {
      return;
    }
    auto content = x509::read_file(issued(name, file));
    if (!content) {
      saved = tl::unexpected(content.error());
      return;
    }
    old.push_back(std::move(*content));
    files.push_back({issued(name, previous), old.back().view(), readers});
    report.done.push_back(fmt::format("  kept         {} as {}", file, previous));
  };
  keep(key_file, "private_key.previous.pem", Readers::owner);
  keep(certificate_file, "certificate.previous.pem", Readers::everyone);
  if (saved && !files.empty()) {
    saved = replace_files(files);
  }
  files.clear();
  if (!pair.private_key.empty()) {
    files.push_back({issued(name, key_file), pair.private_key, Readers::owner});
  }
  files.push_back({issued(name, certificate_file), pair.certificate, Readers::everyone});
  return saved ? replace_files(files) : saved;
}

Result<Report> AuthorityFolder::issue(const LeafRequest& request) const {
  auto opened = open();
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  const ProfileTerms& terms = terms_of(opened->ledger.profile);
  auto complete = complete_names(request, opened->ledger.permitted_dns_names);
  if (!complete) {
    return tl::unexpected(complete.error());
  }
  if (!request.force &&
      (is_there(issued(request.name, certificate_file)) || is_there(issued(request.name, key_file)))) {
    return fail(
        ErrorKind::configuration,
        "{} has a certificate already, in {}: renew it with persona pki renew {}, or replace it with --force",
        request.name, issued(request.name, "").string(), request.name);
  }
  return hand_out(*opened, request, std::move(*complete), request.days.value_or(terms.leaf_days),
                  std::nullopt);
}

Result<Report> AuthorityFolder::renew(const RenewRequest& request) const {
  auto opened = open();
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  const LedgerEntry* before = opened->ledger.latest(request.name);
  if (before == nullptr) {
    return fail(ErrorKind::configuration, "nothing was issued for \"{}\": persona pki list shows what was",
                x509::escape(request.name));
  }
  if (before->revocation && request.keep_key) {
    return fail(ErrorKind::configuration, "the certificate of {} was revoked ({}): renew it with a new key",
                before->name, reason_in_words(before->revocation->reason));
  }
  const LeafRequest leaf = request_of(*before);
  auto complete = complete_names(leaf, opened->ledger.permitted_dns_names);
  if (!complete) {
    return tl::unexpected(complete.error());
  }
  std::optional<std::string> present;
  if (request.keep_key) {
    const auto content = x509::read_file(issued(request.name, certificate_file));
    if (!content) {
      return fail(ErrorKind::configuration, "{}; the key to keep is the one of that certificate",
                  content.error().message);
    }
    present = std::string(content->view());
  }
  return hand_out(*opened, leaf, std::move(*complete), request.days.value_or(before->days), present);
}

Result<Report> AuthorityFolder::hand_out(Opened& opened, const LeafRequest& asked, IssueRequest request,
                                         unsigned days, const std::optional<std::string>& keep_key_of) const {
  Report report;
  if (const auto caught_up = catch_up(opened, report); !caught_up) {
    return tl::unexpected(caught_up.error());
  }
  if (terms_of(opened.ledger.profile).both_usages) {
    request.usage = IssueRequest::Usage::both;
  }
  request.valid_for = lifetime(days, opened.not_after, report);
  warn_of_days(opened.ledger.profile, days, report);
  PemPair pair;
  if (keep_key_of) {
    auto certificate = opened.authority.certify(request, *keep_key_of);
    if (!certificate) {
      return tl::unexpected(certificate.error());
    }
    pair.certificate = std::move(*certificate);
  } else {
    auto fresh = opened.authority.issue(request);
    if (!fresh) {
      return tl::unexpected(fresh.error());
    }
    pair = std::move(*fresh);
  }
  const auto made = verified(pair.certificate, opened.certificate);
  if (!made) {
    return tl::unexpected(made.error());
  }
  // The ledger first: a certificate that is not in it could not be revoked.
  opened.ledger.entries.push_back(entry_of(asked, request, days, *made));
  report.done.push_back(
      fmt::format("issued a certificate for a {}: {}", usage_in_words(asked.usage), made->name));
  auto saved = replace_file(ca("issued.json"), opened.ledger.to_json(), Readers::everyone);
  saved = saved ? save_pair(asked.name, pair, report) : saved;
  saved =
      saved ? replace_file(issued(asked.name, ca_file), opened.authority.certificate_pem(), Readers::everyone)
            : saved;
  if (!saved) {
    return tl::unexpected(saved.error());
  }
  tell_of(*made, issued(asked.name, "").parent_path(), !keep_key_of, report);
  tell_of_others(opened.ledger, asked.name, made->serial, report);
  for (std::string& warning : name_warnings(opened.ledger.profile, request)) {
    report.warnings.push_back(std::move(warning));
  }
  return report;
}

Result<Report> AuthorityFolder::revoke(std::string_view name_or_serial, RevocationReason reason) const {
  auto opened = open();
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  std::vector<LedgerEntry>& entries = opened->ledger.entries;
  const bool by_name = opened->ledger.latest(name_or_serial) != nullptr;
  const auto serial = x509::parse_serial(name_or_serial);
  Report report;
  std::size_t found = 0;
  std::size_t revoked = 0;
  for (LedgerEntry& entry : entries) {
    if (by_name ? entry.name != name_or_serial : entry.serial != serial) {
      continue;
    }
    ++found;
    if (by_name && entry.not_after <= x509::now()) {
      continue;
    }
    if (entry.revocation) {
      report.done.push_back(fmt::format("{} of {} was revoked on {} already", entry.serial, entry.name,
                                        x509::format_date(entry.revocation->when)));
      continue;
    }
    entry.revocation = Revocation{x509::now(), reason};
    ++revoked;
    report.done.push_back(
        fmt::format("revoked {} of {} ({})", entry.serial, entry.name, reason_in_words(reason)));
  }
  if (found == 0) {
    return fail(
        ErrorKind::configuration,
        "\"{}\" is neither a name nor a serial number of what was issued: persona pki list shows both",
        x509::escape(name_or_serial));
  }
  if (revoked == 0 && report.done.empty()) {
    report.done.push_back(
        fmt::format("every certificate of {} has expired: there is nothing to revoke", name_or_serial));
  }
  const auto saved = revoked > 0 ? save_crl(*opened, std::nullopt, report) : catch_up(*opened, report);
  if (!saved) {
    return tl::unexpected(saved.error());
  }
  if (revoked > 0) {
    report.warnings.push_back(
        fmt::format("copy {} to everyone who verifies, and name it in trust.crl there: until then the "
                    "certificate is accepted",
                    ca("ca.crl").string()));
  }
  return report;
}

}  // namespace persona::authority
