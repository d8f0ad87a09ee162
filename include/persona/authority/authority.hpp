// A small certificate authority in memory. authority_folder.hpp keeps one on disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/requests.hpp"
#include "persona/authority/revocation_reason.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/time.hpp"

namespace persona::authority {

struct PemPair {
  std::string certificate;
  std::string private_key;

  PemPair() = default;
  PemPair(PemPair&&) noexcept = default;
  PemPair& operator=(PemPair&& other) noexcept;
  PemPair(const PemPair&) = delete;
  PemPair& operator=(const PemPair&) = delete;
  ~PemPair();  // zeroises the key
};

struct RevokedCertificate {
  Bytes serial;  ///< big-endian
  x509::TimePoint when{};
  RevocationReason reason = RevocationReason::unspecified;
};

struct RevocationList {
  x509::TimePoint this_update{};
  x509::TimePoint next_update{};
  std::uint64_t number = 1;  ///< crlNumber: greater than in any earlier list
  std::vector<RevokedCertificate> revoked;
};

/// A self-signed CA with an EC key. One thread.
class Authority {
 public:
  /// With a fresh P-256 key that exists only in this object.
  static Result<Authority> create(const AuthorityRequest& request);

  /// Valid from now + `valid_from` until now + `valid_for`.
  static Result<Authority> create(const std::string& common_name, std::chrono::seconds valid_for,
                                  std::chrono::seconds valid_from = std::chrono::seconds(-300));

  /// From PEM. Messages call the private key `source`. The key's text is not kept.
  static Result<Authority> load(std::string_view certificate, std::string_view private_key,
                                std::optional<std::string_view> password, std::string_view source);

  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  const std::string& certificate_pem() const;

  /// The CA's own certificate and key, to be stored.
  Result<PemPair> pair() const;

  /// A fresh P-256 key and its certificate: v3, random serial, basicConstraints CA:FALSE, keyUsage
  /// digitalSignature, extendedKeyUsage by usage, subject and authority key identifiers, subjectAltName.
  Result<PemPair> issue(const IssueRequest& request) const;

  /// The same for an existing key, that of `certificate` (PEM). The names in `certificate` do not count.
  Result<std::string> certify(const IssueRequest& request, std::string_view certificate) const;

  /// A CRL in PEM (RFC 5280 section 5), signed with the CA's key.
  Result<std::string> revocation_list(const RevocationList& list) const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The same certificate as Authority::issue makes, signed with its own key.
Result<PemPair> issue_self_signed(const IssueRequest& request);

}  // namespace persona::authority
