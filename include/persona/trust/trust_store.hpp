// Whom we trust: CA certificates, and what their certificate revocation lists say.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/trust_profile.hpp"
#include "persona/trust/peer_role.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

class RevocationLists;
class SignatureCache;

/// CA certificates that are in no file.
struct GivenCas {
  std::string source{};       ///< what messages call them; empty: there are none
  Bytes certificates{};       ///< DER, one after the other
  std::vector<Bytes> crls{};  ///< DER; findings have the index TrustFiles::crl.size()
};

struct TrustFiles {
  std::vector<std::filesystem::path> ca;
  std::vector<std::filesystem::path> crl;
  bool crl_expired_allowed = false;
  PeerRole role = PeerRole::gateway;  ///< of those who are to be verified
  TrustProfile profile = TrustProfile::private_cas;
  GivenCas given{};  ///< besides those of `ca`; findings have the index ca.size()
};

struct TrustTexts {
  std::string_view ca{};   ///< PEM
  std::string_view crl{};  ///< PEM; empty: none
  bool crl_expired_allowed = false;
  /// Loads expired certificates and ones with keys that we do not use without an error. Verification refuses
  /// them all the same.
  bool any_certificates = false;
};

/// One CRL for people to read.
struct CrlInfo {
  std::string issuer;
  x509::TimePoint this_update{};
  x509::TimePoint next_update{};  ///< TimePoint::max() if the CRL gives none
  std::size_t revoked = 0;        ///< entries
  std::string source{};           ///< the file that has it, or "the CRL text"
  std::size_t file = 0;  ///< the index in TrustFiles::crl of that file; its size for one that was given
  /// A newer one of the same issuer is there, or takes over before this one expires: it may expire unnoticed.
  bool superseded = false;
};

/// Immutable except for the signatures that it remembers, and shared by all loops.
class TrustStore {
 public:
  using Loaded = tl::expected<std::shared_ptr<const TrustStore>, std::vector<x509::LoadError>>;

  /// Loads every certificate and CRL in every file. A file without any is an error. CA certificates by which
  /// nobody can be verified (by the very checks of verification) or that cannot be parsed are warnings as
  /// long as there is another one, otherwise errors; one for all that have the same fault. What is odd about
  /// the others, and tolerated, is a warning. An expired CRL is neither: verification refuses what it covers.
  static Loaded load(const TrustFiles& files);
  /// The same for text, but of the CA certificates only validity and key are looked at.
  static Loaded from_pem(const TrustTexts& texts);

  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  const x509::CertificateList& roots() const { return roots_; }

  /// For each root, the index in TrustFiles::ca of its file, or the size of that for TrustFiles::given.
  const std::vector<std::size_t>& files_of_roots() const { return files_of_roots_; }

  /// The roots of that subject, given as a comparable_name() (x509/distinguished_name.hpp), in the order of
  /// trust.ca.
  const std::vector<const mbedtls_x509_crt*>& roots_named(const std::string& comparable_name) const;

  std::vector<CrlInfo> crls() const;

  /// The same trust with the CRLs in `files` that are newer than those here and signed by a CA of trust.ca,
  /// or take the place of an intermediate's (whose signature then decides when it is used); they are appended
  /// to `added`. Null: there is none. Reads the files, so not on a loop.
  std::shared_ptr<const TrustStore> with_newer_crls(const std::vector<std::filesystem::path>& files,
                                                    std::vector<CrlInfo>& added) const;

  /// trust.crl_expired: allow
  bool allows_expired_crls() const;

  /// What is wrong with some CA certificates while others can be used.
  const std::vector<x509::LoadError>& warnings() const { return warnings_; }

  /// For verification.
  const RevocationLists& revocation() const { return *revocation_; }
  SignatureCache& signatures() const { return *signatures_; }

 private:
  TrustStore();
  struct Findings;
  static Loaded complete(const std::shared_ptr<TrustStore>& trust, Findings found);
  bool add_cas(std::string_view text, const std::string& source, std::size_t index, const TrustFiles& files,
               Findings& found);
  void index_roots();

  x509::CertificateList roots_;
  std::vector<std::size_t> files_of_roots_;
  std::unordered_map<std::string, std::vector<const mbedtls_x509_crt*>> roots_by_name_;
  std::vector<x509::LoadError> warnings_;
  std::unique_ptr<RevocationLists> revocation_;
  std::unique_ptr<SignatureCache> signatures_;
};

}  // namespace persona::trust
