// An authority's folder, its CA and its CRL. What concerns leaves is in authority_leaves.cpp.
#include "persona/authority/authority_folder.hpp"

#include <algorithm>
#include <utility>

#include "authority_opened.hpp"
#include "issue_names.hpp"
#include "persona/base/path_text.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crl_reader.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"

namespace persona::authority {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t ledger_limit = 1U << 28U;  // about half a million certificates
constexpr std::chrono::minutes clock_skew(5);       // others' clocks may be behind ours

Result<std::string> read_text(const fs::path& path, std::uintmax_t limit = x509::usual_file_limit) {
  const auto content = x509::read_file(path, limit);
  if (!content) {
    return tl::unexpected(content.error());
  }
  return std::string(content->view());
}

std::chrono::seconds years_from(x509::TimePoint now, unsigned years) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  std::chrono::year_month_day date(day);
  date += std::chrono::years(static_cast<int>(years));
  if (!date.ok()) {  // 29 February, in a year that has none
    date = date.year() / date.month() / std::chrono::last;
  }
  return std::chrono::sys_days(date) - day;
}

std::string timestamp(x509::TimePoint time) {
  const std::chrono::hh_mm_ss clock(time - std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{}T{:02}{:02}{:02}Z", x509::format_date(time), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Result<x509::ReadCrl> read_crl_file(const fs::path& path) {
  const auto text = read_text(path, ledger_limit);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto der = x509::pem_content(*text, "X509 CRL");
  if (!der) {
    return tl::unexpected(der.error());
  }
  return x509::read_crl(*der);
}

bool knows(const Ledger& ledger, std::string_view serial) {
  return std::any_of(ledger.entries.begin(), ledger.entries.end(),
                     [&](const LedgerEntry& entry) { return entry.serial == serial; });
}

}  // namespace

AuthorityFolder::AuthorityFolder(fs::path folder, std::optional<fs::path> password_file)
    : folder_(std::move(folder)), password_file_(std::move(password_file)) {}

fs::path AuthorityFolder::ca(std::string_view file) const {
  return folder_ / "ca" / path_from_text(file);
}

fs::path AuthorityFolder::issued(std::string_view name, std::string_view file) const {
  return folder_ / "issued" / path_from_text(name) / path_from_text(file);
}

Result<Ledger> AuthorityFolder::Opened::read_ledger(const fs::path& file) {
  if (!is_there(file)) {
    return fail(ErrorKind::configuration,
                "{} does not exist: make a CA first with persona pki init, or name its "
                "folder with --dir",
                file.string());
  }
  const auto text = read_text(file, ledger_limit);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return Ledger::parse(*text, file.string());
}

Result<AuthorityFolder::Opened> AuthorityFolder::open() const {
  if (!is_there(ca("ca.crt"))) {
    return fail(ErrorKind::configuration,
                "there is no CA in {}: make one with persona pki init, or name its folder "
                "with --dir",
                folder_.string());
  }
  auto lock = FolderLock::take(folder_);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  auto ledger = Opened::read_ledger(ca("issued.json"));
  if (!ledger) {
    return tl::unexpected(ledger.error());
  }
  const auto certificate = read_text(ca("ca.crt"));
  if (!certificate) {
    return tl::unexpected(certificate.error());
  }
  const auto key = x509::read_file(ca("ca.key"));
  if (!key) {
    return tl::unexpected(key.error());
  }
  std::optional<x509::Secret> password;
  if (password_file_) {
    auto read = x509::read_password_file(*password_file_);
    if (!read) {
      return tl::unexpected(read.error());
    }
    password = std::move(*read);
  } else if (key->view().find("ENCRYPTED") != std::string_view::npos) {
    return fail(ErrorKind::configuration,
                "{} is encrypted: name a file with its password with --password-file", ca("ca.key").string());
  }
  auto authority =
      Authority::load(*certificate, key->view(), password ? std::optional(password->view()) : std::nullopt,
                      ca("ca.key").string());
  if (!authority) {
    return tl::unexpected(authority.error());
  }
  auto parsed = x509::read_certificate_pem(*certificate, ca("ca.crt").string());
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  const x509::TimePoint not_after = x509::to_time_point(parsed->certificate->valid_to);
  if (not_after <= x509::now()) {
    return fail(ErrorKind::configuration,
                "the CA expired on {}: make a new one with persona pki init --force, which "
                "sets this one aside",
                x509::format_date(not_after));
  }
  return Opened{std::move(*lock), std::move(*ledger), std::move(*authority), std::move(*parsed), not_after};
}

Result<Report> AuthorityFolder::init(const InitRequest& request) const {
  const ProfileTerms& terms = terms_of(request.profile);
  std::string name = request.name;
  if (name.empty()) {
    name = request.profile == Profile::production ? "persona CA" : fmt::format("persona {} CA", terms.name);
  }
  auto good = check_authority_name(name);
  for (auto domain = request.permitted_dns_names.begin(); good && domain != request.permitted_dns_names.end();
       ++domain) {
    good = check_permitted_dns_name(*domain);
  }
  good = good ? ensure_folder(folder_, Readers::everyone) : good;
  if (!good) {
    return tl::unexpected(good.error());
  }
  auto lock = FolderLock::take(folder_);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  Report report;
  if (is_there(ca("ca.crt")) || is_there(ca("ca.key")) || is_there(ca("issued.json"))) {
    if (!request.force) {
      return fail(
          ErrorKind::configuration,
          "there is already a CA in {}: --force sets it aside and makes a new one, which nobody trusts yet",
          folder_.string());
    }
    if (const auto done = set_aside(report); !done) {
      return tl::unexpected(done.error());
    }
  }
  const unsigned years = request.years.value_or(terms.authority_years);
  AuthorityRequest wanted;
  wanted.common_name = name;
  wanted.valid_for = years_from(x509::now(), years);
  wanted.permitted_dns_names = request.permitted_dns_names;
  auto authority = Authority::create(wanted);
  if (!authority) {
    return tl::unexpected(authority.error());
  }
  const auto pair = authority->pair();
  if (!pair) {
    return tl::unexpected(pair.error());
  }
  auto parsed = x509::read_certificate_pem(pair->certificate, "the CA certificate");
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  Ledger ledger;
  ledger.profile = request.profile;
  ledger.permitted_dns_names = request.permitted_dns_names;
  // ca.crt last: without it there is no CA for other commands, and another init needs --force after a crash.
  auto written = ensure_folder(folder_ / "ca", Readers::owner);
  written = written ? ensure_folder(folder_ / "issued", Readers::everyone) : written;
  written = written ? replace_file(ca("ca.key"), pair->private_key, Readers::owner) : written;
  written = written ? replace_file(ca("issued.json"), ledger.to_json(), Readers::everyone) : written;
  written = written ? replace_file(ca("ca.crt"), pair->certificate, Readers::everyone) : written;
  if (!written) {
    return tl::unexpected(written.error());
  }
  const x509::CertificateInfo info = x509::describe(*parsed->certificate);
  report.done.push_back(fmt::format("made a CA for {}: {}", terms.name, info.name));
  if (!ledger.permitted_dns_names.empty()) {
    report.done.push_back(fmt::format("  limited to   {}", fmt::join(ledger.permitted_dns_names, ", ")));
  }
  report.done.push_back(
      fmt::format("  valid until  {} ({} years)", x509::format_date(info.not_after), years));
  report.done.push_back(fmt::format("  certificate  {}", ca("ca.crt").string()));
  report.done.push_back(fmt::format("  private key  {}: never leaves this folder, but goes into its backup",
                                    ca("ca.key").string()));
  report.done.push_back(fmt::format("  pin          {}", info.spki_pin));
  Opened opened{std::move(*lock), std::move(ledger), std::move(*authority), std::move(*parsed),
                info.not_after};
  if (const auto saved = save_crl(opened, std::nullopt, report); !saved) {
    return tl::unexpected(saved.error());
  }
  if (years > terms.long_authority_years) {
    report.warnings.push_back(
        fmt::format("{} years are long for a CA of profile {}: it will be trusted until {}", years,
                    terms.name, x509::format_date(info.not_after)));
  }
  if (terms.both_usages) {
    report.warnings.push_back(
        fmt::format("a CA of profile {} issues certificates for clients and servers alike: trust it on "
                    "machines of developers "
                    "alone",
                    terms.name));
  }
  return report;
}

Result<void> AuthorityFolder::set_aside(Report& report) const {
  fs::path aside = folder_ / ("replaced-" + timestamp(x509::now()));
  for (unsigned count = 2; is_there(aside); ++count) {
    aside = folder_ / fmt::format("replaced-{}-{}", timestamp(x509::now()), count);
  }
  auto done = ensure_folder(aside, Readers::owner);
  // ca/ last: as long as it is there, another init --force finishes what a crash interrupted.
  for (const char* name : {"issued", "ca"}) {
    if (done && is_there(folder_ / name)) {
      done = move_path(folder_ / name, aside / name);
    }
  }
  if (done) {
    report.done.push_back(
        fmt::format("set aside the CA that was here, with everything it has issued, as {}", aside.string()));
    report.warnings.emplace_back(
        "whoever trusts the CA that was here still trusts what it has issued: replace ca.pem everywhere");
  }
  return done;
}

Result<void> AuthorityFolder::save_crl(Opened& opened, std::optional<unsigned> days, Report& report) const {
  const x509::TimePoint at = x509::now();
  RevocationList list;
  list.this_update = at - clock_skew;
  list.next_update = at + std::chrono::days(days.value_or(terms_of(opened.ledger.profile).crl_days));
  list.next_update = std::min(list.next_update, opened.not_after);
  for (const LedgerEntry& entry : opened.ledger.entries) {
    if (entry.revocation) {
      list.revoked.push_back(
          {x509::serial_octets(entry.serial), entry.revocation->when, entry.revocation->reason});
    }
  }
  // A ledger restored from a backup must not undo later revocations.
  if (const auto old = read_crl_file(ca("ca.crl"))) {
    const auto& subject = opened.certificate.certificate->subject_raw;
    const bool ours =
        std::equal(old->issuer_name.begin(), old->issuer_name.end(), subject.p, subject.p + subject.len);
    opened.ledger.crl_number = std::max(opened.ledger.crl_number, ours ? old->small_number() : 0);
    for (const x509::ReadCrl::Entry& entry : old->entries) {
      const std::string serial = x509::serial_text(entry.serial);
      if (ours && !knows(opened.ledger, serial)) {
        const auto reason = static_cast<RevocationReason>(entry.reason);
        list.revoked.push_back({x509::serial_octets(serial), entry.when, reason});
        report.warnings.push_back(fmt::format("{} is revoked but not in {}: was that restored from a backup?",
                                              serial, ca("issued.json").string()));
      }
    }
  }
  // The ledger first: if it is ahead of the CRL, the next command writes the CRL again.
  list.number = ++opened.ledger.crl_number;
  if (auto saved = replace_file(ca("issued.json"), opened.ledger.to_json(), Readers::everyone); !saved) {
    return saved;
  }
  const auto crl = opened.authority.revocation_list(list);
  if (!crl) {
    return tl::unexpected(crl.error());
  }
  if (auto saved = replace_file(ca("ca.crl"), *crl, Readers::everyone); !saved) {
    return saved;
  }
  report.done.push_back(fmt::format("wrote {}: number {}, {} revoked, good until {}", ca("ca.crl").string(),
                                    list.number, list.revoked.size(), x509::format_date(list.next_update)));
  return {};
}

Result<void> AuthorityFolder::catch_up(Opened& opened, Report& report) const {
  const auto crl = read_crl_file(ca("ca.crl"));
  if (crl && crl->small_number() >= opened.ledger.crl_number) {
    return {};
  }
  report.warnings.push_back(fmt::format(
      "{} was older than {} (a command was interrupted): it has been written again: distribute it",
      ca("ca.crl").string(), ca("issued.json").string()));
  return save_crl(opened, std::nullopt, report);
}

Result<Report> AuthorityFolder::renew_crl(std::optional<unsigned> days) const {
  auto opened = open();
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  Report report;
  if (const auto saved = save_crl(*opened, days, report); !saved) {
    return tl::unexpected(saved.error());
  }
  if (days && x509::now() + std::chrono::days(*days) > opened->not_after) {
    report.warnings.push_back(
        fmt::format("the CA itself ends on {}, and so does the CRL", x509::format_date(opened->not_after)));
  }
  return report;
}

Result<Report> AuthorityFolder::list() const {
  const auto ledger = Opened::read_ledger(ca("issued.json"));
  if (!ledger) {
    return tl::unexpected(ledger.error());
  }
  Report report;
  std::size_t width = 4;
  for (const LedgerEntry& entry : ledger->entries) {
    width = std::max(width, entry.name.size());
  }
  report.done.push_back(
      fmt::format("{:<{}}  {:<6}  {:<10}  {:<34}  {}", "NAME", width, "USAGE", "UNTIL", "STATE", "SERIAL"));
  const x509::TimePoint at = x509::now();
  for (const LedgerEntry& entry : ledger->entries) {
    std::string state = fmt::format("{} days left", x509::days_between(at, entry.not_after));
    if (entry.revocation) {
      state = fmt::format("revoked {}", x509::format_date(entry.revocation->when));
      if (entry.revocation->reason != RevocationReason::unspecified) {
        state += fmt::format(" {}", reason_in_words(entry.revocation->reason));
      }
    } else if (entry.not_after <= at) {
      state = "expired";
    } else if (&entry != ledger->latest(entry.name)) {
      state += ", replaced";
    }
    report.done.push_back(fmt::format("{:<{}}  {:<6}  {:<10}  {:<34}  {}", entry.name, width,
                                      usage_in_words(entry.usage), x509::format_date(entry.not_after), state,
                                      entry.serial));
  }
  const auto crl = read_crl_file(ca("ca.crl"));
  if (!crl || crl->small_number() < ledger->crl_number) {
    report.warnings.push_back(
        fmt::format("{} is out of date: write a new one with persona pki crl", ca("ca.crl").string()));
  } else if (crl->next_update && *crl->next_update <= at) {
    report.warnings.push_back(fmt::format("{} ended on {}: write a new one with persona pki crl",
                                          ca("ca.crl").string(), x509::format_date(*crl->next_update)));
  }
  return report;
}

}  // namespace persona::authority
