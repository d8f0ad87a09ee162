// Certificate revocation lists (RFC 5280 sections 5 and 6.3): complete ones, signed by the issuer itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/result.hpp"
#include "persona/trust/signature.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/trust/verify.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

/// The octets of a serial number without leading zeros.
std::string serial_octets(const mbedtls_x509_buf& serial);

/// Why a certificate is refused because of a CRL, or because there is none.
struct RevocationFinding {
  VerifyReason reason = VerifyReason::ok;
  std::string sentence;
};

/// The CRLs of one TrustStore. Immutable once built.
class RevocationLists {
 public:
  explicit RevocationLists(bool expired_allowed) : expired_allowed_(expired_allowed) {}
  ~RevocationLists();
  RevocationLists(const RevocationLists&) = delete;
  RevocationLists& operator=(const RevocationLists&) = delete;

  /// Appends every CRL of a PEM text (or one DER CRL), which describe() will say to be of file number `file`.
  /// Messages call the text `source`. Refuses delta and
  /// indirect CRLs and those that cover only some certificates: they have critical extensions that we do not
  /// process (RFC 5280 sections 5.2.4, 5.2.5 and 5.3.3).
  Result<void> append(std::string_view text, std::string_view source, std::size_t file = 0);

  bool empty() const { return entries_.empty(); }
  bool expired_allowed() const { return expired_allowed_; }
  std::vector<CrlInfo> describe() const;

  /// Nothing if there are no CRLs at all, or if one of `issuer`'s is in force and does not list
  /// `certificate`. `valid_until` is lowered to when that CRL expires.
  std::optional<RevocationFinding> check(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                                         x509::TimePoint at, SignatureCache& signatures,
                                         x509::TimePoint& valid_until) const;

  /// The numbers of the lists that `issuer` has signed and may sign.
  std::vector<std::size_t> signed_by(const mbedtls_x509_crt& issuer, SignatureCache& signatures) const;

  /// Has list number `list` this serial number (octets without leading zeros)?
  bool revokes(std::size_t list, const std::string& serial) const;

  /// These lists with those of `found` that are newer and signed by their issuer, which are appended to
  /// `added`. Null: there is none.
  std::unique_ptr<RevocationLists> with_newer(const RevocationLists& found, const TrustStore& trust,
                                              std::vector<CrlInfo>& added) const;

 private:
  struct Deleter {
    void operator()(mbedtls_x509_crl* list) const;
  };
  struct Entry {
    std::shared_ptr<const mbedtls_x509_crl> list;
    std::vector<std::string> revoked;  ///< serial numbers without leading zeros, sorted
    std::string source;                ///< what has it
    std::size_t file = 0;
    bool is_proven = true;  ///< false: put into use by itself, and its issuer's key is not known yet
  };

  Result<void> append_all(std::string_view text, std::string_view source);
  Result<void> append_one(const unsigned char* data, std::size_t size, std::string_view what);
  bool is_superseded(const Entry& entry) const;
  static bool have_same_issuer(const Entry& one, const Entry& other);
  static bool is_signed_list(const Entry& entry, const mbedtls_x509_crt& issuer, SignatureCache& signatures);
  std::optional<RevocationFinding> check(const Entry& entry, const mbedtls_x509_crt& certificate,
                                         x509::TimePoint at) const;

  bool expired_allowed_;
  std::vector<Entry> entries_;
};

}  // namespace persona::trust
