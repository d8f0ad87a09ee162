#include "expiry_findings.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "persona/reload/expiry_watch.hpp"
#include "persona/x509/few_of.hpp"

namespace persona::cli {

namespace {

using config::Mark;

/// One that has expired is told of elsewhere.
bool is_soon(const forward::Expiry& expiry) {
  const x509::TimePoint now = x509::now();
  return now <= expiry.not_after && expiry.not_after - now < expiry.notice;
}

}  // namespace

void warn_of_expiry(const forward::Expiry& expiry, Mark mark, config::Report& report) {
  if (is_soon(expiry)) {
    report.warning(mark, reload::expiry_sentence(expiry, x509::now()));
  }
}

Mark mark_of_ca(const config::Config& config, std::size_t file) {
  if (file < config.trust.ca.size()) {
    return config.trust.ca[file].mark;
  }
  if (config.trust.windows_store) {
    return config.trust.windows_store->mark;
  }
  return config.identity.spiffe ? config.identity.spiffe->mark : Mark{};
}

Mark mark_of_crl(const config::Config& config, std::size_t file) {
  if (file < config.trust.crl.size()) {
    return config.trust.crl[file].mark;
  }
  return config.identity.spiffe ? config.identity.spiffe->mark : Mark{};
}

void warn_of_revocation_lists(const trust::TrustStore& trust, const config::Config& config,
                              config::Report& report) {
  const auto lists = trust.crls();
  if (lists.empty()) {
    return;
  }
  for (const trust::CrlInfo& list : lists) {
    if (list.superseded) {
      continue;
    }
    const Mark mark = mark_of_crl(config, list.file);
    warn_of_expiry(forward::expiry_of(list), mark, report);
    if (list.next_update < x509::now()) {
      report.warning(mark, fmt::format("the revocation list of {} has expired ({}){}", list.issuer,
                                       x509::format_date(list.next_update),
                                       config.trust.crl_expired_allowed
                                           ? ""
                                           : ": certificates of that CA are refused until it is renewed"));
    }
  }
  std::vector<std::string> without;
  for (const x509::CertificateInfo& ca : trust.roots().describe()) {
    const auto is_its = [&](const trust::CrlInfo& list) { return list.issuer == ca.subject; };
    if (std::any_of(lists.begin(), lists.end(), is_its)) {
      continue;
    }
    without.push_back(ca.name);
  }
  if (!without.empty()) {
    report.warning(mark_of_crl(config, 0),
                   fmt::format("no revocation list of {} is in trust.crl: certificates that they have issued "
                               "are refused",
                               x509::few_of(without)));
  }
}

void warn_of_expiring_cas(const trust::TrustStore& trust, const config::Config& config,
                          config::Report& report) {
  const std::vector<x509::CertificateInfo> roots = trust.roots().describe();
  for (std::size_t file = 0; file <= config.trust.ca.size(); ++file) {
    std::vector<forward::Expiry> soon;
    for (std::size_t i = 0; i < roots.size(); ++i) {
      forward::Expiry expiry = forward::expiry_of(forward::Expiry::Role::ca, roots[i].name,
                                                  roots[i].not_before, roots[i].not_after);
      if (trust.files_of_roots()[i] == file && is_soon(expiry)) {
        soon.push_back(std::move(expiry));
      }
    }
    if (soon.empty()) {
      continue;
    }
    std::sort(soon.begin(), soon.end(),
              [](const auto& one, const auto& other) { return one.not_after < other.not_after; });
    std::string sentence = reload::expiry_sentence(soon.front(), x509::now());
    std::vector<std::string> others;
    for (std::size_t i = 1; i < soon.size(); ++i) {
      others.push_back(soon[i].name);
    }
    if (!others.empty()) {
      sentence += fmt::format("; and {} more within 30 days: {}", others.size(), x509::few_of(others));
    }
    report.warning(mark_of_ca(config, file), sentence);
  }
}

}  // namespace persona::cli
