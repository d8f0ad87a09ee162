// A certificate authority kept in a folder, for `persona pki`.
//
//     ca/ca.crt          its certificate
//     ca/ca.key          its private key: mode 0600, never encrypted by us
//     ca/ca.crl          what it has revoked
//     ca/issued.json     what it has issued, one line each
//     issued/NAME/       certificate.pem, private_key.pem and ca.pem, named as the keys of a configuration;
//                        after a renewal also the previous pair, as certificate.previous.pem, ...
//
// Every file is replaced whole: a reader sees the old one or the new one, even after a crash. What is issued
// or revoked is in issued.json first, so that no certificate is unknown and no revocation is lost. A command
// that finds ca.crl out of date writes it again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/authority.hpp"
#include "persona/authority/requests.hpp"
#include "persona/authority/revocation_reason.hpp"
#include "persona/base/result.hpp"

namespace persona::authority {

/// What was done, in lines, and what else an administrator should know, in sentences.
struct Report {
  std::vector<std::string> done;
  std::vector<std::string> warnings;
};

/// Errors of kind `configuration` are the caller's fault: a bad name, a folder without a CA, something that
/// would be overwritten. Others are the system's. One thread; processes take turns by a lock.
class AuthorityFolder {
 public:
  /// `password_file`: for a ca.key that its owner has encrypted.
  explicit AuthorityFolder(std::filesystem::path folder,
                           std::optional<std::filesystem::path> password_file = std::nullopt);

  /// A new CA. With `force`, an existing one is set aside with all that it has issued, never deleted.
  Result<Report> init(const InitRequest& request) const;

  Result<Report> issue(const LeafRequest& request) const;

  /// A new certificate with the same names, and with a new key unless `keep_key` is set.
  Result<Report> renew(const RenewRequest& request) const;

  /// Revokes all unexpired certificates of a name, or the one with a serial number, and writes a new CRL.
  Result<Report> revoke(std::string_view name_or_serial, RevocationReason reason) const;

  /// A new CRL, valid for `days` or as long as the profile says, but not beyond the CA's own end.
  Result<Report> renew_crl(std::optional<unsigned> days) const;

  /// What was issued, as a table. Reads without the lock: files are replaced whole.
  Result<Report> list() const;

 private:
  struct Opened;

  std::filesystem::path ca(std::string_view file) const;
  std::filesystem::path issued(std::string_view name, std::string_view file) const;
  Result<Opened> open() const;
  Result<void> set_aside(Report& report) const;
  Result<void> save_crl(Opened& opened, std::optional<unsigned> days, Report& report) const;
  Result<void> catch_up(Opened& opened, Report& report) const;
  Result<Report> hand_out(Opened& opened, const LeafRequest& asked, IssueRequest request, unsigned days,
                          const std::optional<std::string>& keep_key_of) const;
  Result<void> save_pair(std::string_view name, const PemPair& pair, Report& report) const;

  std::filesystem::path folder_;
  std::optional<std::filesystem::path> password_file_;
};

}  // namespace persona::authority
