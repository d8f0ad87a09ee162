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

/// What a CRL has against a certificate.
struct RevocationFinding {
  VerifyReason reason = VerifyReason::ok;
  std::string sentence;
};

/// The CRLs of one trust. Immutable once built.
class RevocationLists {
 public:
  explicit RevocationLists(bool expired_allowed) : expired_allowed_(expired_allowed) {}
  ~RevocationLists();
  RevocationLists(const RevocationLists&) = delete;
  RevocationLists& operator=(const RevocationLists&) = delete;

  /// Appends every CRL of a PEM text (or one DER CRL). The message of a failure calls the text by its
  /// `source`. Delta and indirect CRLs, and those of some certificates only, are refused: their extensions
  /// are critical and none of ours.
  Result<void> append(std::string_view text, std::string_view source);

  bool empty() const { return entries_.empty(); }
  std::vector<CrlInfo> describe() const;

  /// Nothing when there are no CRLs at all, or when one of `issuer` is in force and does not have
  /// `certificate`. `valid_until` is brought down to when that one expires.
  std::optional<RevocationFinding> check(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                                         x509::TimePoint at, SignatureCache& signatures,
                                         x509::TimePoint& valid_until) const;

 private:
  struct Deleter {
    void operator()(mbedtls_x509_crl* list) const;
  };
  struct Entry {
    std::unique_ptr<mbedtls_x509_crl, Deleter> list;
    std::vector<std::string> revoked;  ///< serial numbers without leading zeros, sorted
  };

  Result<void> append_one(const unsigned char* data, std::size_t size, std::string_view what);
  std::optional<RevocationFinding> check(const Entry& entry, const mbedtls_x509_crt& certificate,
                                         x509::TimePoint at) const;

  bool expired_allowed_;
  std::vector<Entry> entries_;
};

}  // namespace persona::trust
