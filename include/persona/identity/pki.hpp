// A small certificate authority in memory, for the demo and for tests.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/identity/certificate.hpp"

namespace persona::identity {

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

struct IssueRequest {
  enum class Usage { client, server };

  Usage usage = Usage::client;
  std::string common_name;  ///< empty: no subject, for tests (RFC 5280 wants such a subjectAltName critical)
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::chrono::seconds valid_from{-300};   ///< relative to now
  std::chrono::seconds valid_for{86'400};  ///< from now; negative: expired already
};

/// A self-signed CA with a fresh P-256 key that exists only in this object.
class Authority {
 public:
  /// Valid from `valid_from`, relative to now, until `valid_for` from now.
  static Result<Authority> create(const std::string& common_name, std::chrono::seconds valid_for,
                                  std::chrono::seconds valid_from = std::chrono::seconds(-300));

  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  const std::string& certificate_pem() const;

  /// A fresh P-256 key and its certificate: v3, random serial, basicConstraints CA:FALSE, keyUsage
  /// digitalSignature, extendedKeyUsage by usage, subject and authority key identifiers, subjectAltName.
  Result<PemPair> issue(const IssueRequest& request) const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The same certificate as Authority::issue makes, signed with its own key.
Result<PemPair> issue_self_signed(const IssueRequest& request);

}  // namespace persona::identity
