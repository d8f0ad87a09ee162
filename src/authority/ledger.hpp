// issued.json: what an authority has issued and revoked, for people and for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/profile.hpp"
#include "persona/authority/requests.hpp"
#include "persona/authority/revocation_reason.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/time.hpp"

namespace persona::authority {

struct Revocation {
  x509::TimePoint when{};
  RevocationReason reason = RevocationReason::unspecified;
};

struct LedgerEntry {
  std::string serial;  ///< hexadecimal, as in CertificateInfo::serial
  std::string name;
  IssueRequest::Usage usage = IssueRequest::Usage::client;  ///< what was asked for
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  unsigned days = 0;  ///< asked for; fewer are given if the CA ends before
  x509::TimePoint issued_at{};
  x509::TimePoint not_after{};
  std::optional<Revocation> revocation;
};

struct Ledger {
  Profile profile = Profile::production;
  std::vector<std::string> permitted_dns_names;
  std::uint64_t crl_number = 0;      ///< of the last CRL, or of the one about to be written
  std::vector<LedgerEntry> entries;  ///< oldest first

  /// The newest entry of a name, or null.
  const LedgerEntry* latest(std::string_view name) const;

  std::string to_json() const;
  static Result<Ledger> parse(std::string_view json, std::string_view source);
};

std::string_view usage_in_words(IssueRequest::Usage usage);

}  // namespace persona::authority
