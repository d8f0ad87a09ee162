// Whom we trust: CA certificates, and what their certificate revocation lists say.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

class RevocationLists;
class SignatureCache;

struct TrustFiles {
  std::vector<std::filesystem::path> ca;
  std::vector<std::filesystem::path> crl;
  bool crl_expired_allowed = false;
};

struct TrustTexts {
  std::string_view ca{};   ///< PEM
  std::string_view crl{};  ///< PEM; empty: none
  bool crl_expired_allowed = false;
  /// Expired certificates and keys that are not taken are no error here; verification refuses them all the
  /// same.
  bool any_certificates = false;
};

/// What a person wants to know of a CRL.
struct CrlInfo {
  std::string issuer;
  x509::TimePoint this_update{};
  x509::TimePoint next_update{};  ///< the distant future when it says none
  std::size_t revoked = 0;        ///< entries
};

/// Immutable but for what it remembers, and shared by all loops.
class TrustStore {
 public:
  /// Every certificate and CRL in every file counts. A file without any is an error. So are CA certificates
  /// that have expired or have a key that is not taken when no other is there; else they are warnings. An
  /// expired CRL is neither: it refuses when it is asked.
  using Loaded = tl::expected<std::shared_ptr<const TrustStore>, std::vector<x509::LoadError>>;
  static Loaded load(const TrustFiles& files);
  static Loaded from_pem(const TrustTexts& texts);

  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  const x509::CertificateList& roots() const { return roots_; }

  /// For each of them the index in TrustFiles::ca of the file that it is from.
  const std::vector<std::size_t>& files_of_roots() const { return files_of_roots_; }

  /// Those of that subject, by its comparable_name (x509/distinguished_name.hpp), in the order of
  /// trust.ca.
  const std::vector<const mbedtls_x509_crt*>& roots_named(const std::string& comparable_name) const;

  std::vector<CrlInfo> crls() const;

  /// What is wrong with CA certificates that others make up for.
  const std::vector<x509::LoadError>& warnings() const { return warnings_; }

  /// For verification.
  const RevocationLists& revocation() const { return *revocation_; }
  SignatureCache& signatures() const { return *signatures_; }

 private:
  TrustStore();
  static Loaded complete(const std::shared_ptr<TrustStore>& trust, std::vector<x509::LoadError> errors);
  void judge_unusable(std::vector<x509::LoadError>& errors);
  void index_roots();

  x509::CertificateList roots_;
  std::vector<std::size_t> files_of_roots_;
  std::unordered_map<std::string, std::vector<const mbedtls_x509_crt*>> roots_by_name_;
  std::vector<x509::LoadError> warnings_;
  std::unique_ptr<RevocationLists> revocation_;
  std::unique_ptr<SignatureCache> signatures_;
};

}  // namespace persona::trust
