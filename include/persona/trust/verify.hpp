// Verifies the peer's chain, name and pins (RFC 5280 section 6, RFC 9525), and explains every refusal.
//
// mbedTLS parses certificates and checks signatures. Finding paths and judging them is ours: mbedTLS 3.6
// ignores name constraints, tries only one path and reads nothing of a CRL but its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/base/trust_profile.hpp"
#include "persona/trust/peer_path.hpp"
#include "persona/trust/peer_role.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/time.hpp"

struct mbedtls_x509_crt;

namespace persona::trust {

class ClientRules;
class TrustStore;

/// What the peer must be.
struct VerifyPolicy {
  PeerRole role = PeerRole::gateway;
  TrustProfile profile = TrustProfile::private_cas;
  /// The leaf must carry it: a DNS name, an address, or a SPIFFE ID.
  std::optional<std::string> expected_name;
  std::vector<SpkiPin> pins;             ///< one must be the pin of the leaf's key; empty: any key
  const ClientRules* clients = nullptr;  ///< must admit the leaf; null: any leaf
  std::size_t max_intermediates = 8;     ///< between leaf and root; self-issued ones do not count
  std::optional<x509::TimePoint> at;     ///< default: now
  bool keep_path = false;                ///< for Verdict::path
};

/// Is a name that a peer must have one of these, "spiffe://..."?
bool is_spiffe_id(std::string_view name);

/// A rule that a certificate breaks and TrustProfile::private_cas tolerates, because no attacker comes in by
/// it.
struct Oddity {
  std::string_view word;  ///< "no_extended_key_usage"; docs/verification.md lists them
  std::string sentence;   ///< without a full stop
};

struct Verdict {
  VerifyReason reason = VerifyReason::ok;
  /// One sentence without a full stop, for the log, that ends with what to do; empty if accepted. "gateway
  /// certificate expired 3 days ago (2026-11-18): CN=db.example.com; the gateway needs a new one from whoever
  /// issued it"
  std::string sentence;
  std::vector<Oddity> oddities;                          ///< of the path, if accepted
  std::string peer_name;                                 ///< display_name() of the leaf
  x509::CertificateIds peer_ids;                         ///< of the leaf
  x509::TimePoint valid_until = x509::TimePoint::max();  ///< when the first certificate or CRL used expires
  x509::TimePoint leaf_not_after = x509::TimePoint::max();  ///< of the leaf alone
  std::shared_ptr<const PeerPath> path;  ///< of an accepted chain, if VerifyPolicy::keep_path asks for it

  bool accepted() const { return reason == VerifyReason::ok; }
};

/// `presented`: the leaf first, then the others in any order, useful or not. Thread-safe; good signatures are
/// remembered in `trust`. Throws std::bad_alloc only.
Verdict verify_chain(const TrustStore& trust, const mbedtls_x509_crt& presented, const VerifyPolicy& policy);

/// Repeats every check but those of the path, for a leaf (DER) whose chain an earlier verdict accepted.
Verdict verify_leaf_again(ByteView leaf, const VerifyPolicy& policy);

/// Judges the peer inside mbedTLS's handshake and keeps the verdict. Lives as long as the handshake; one
/// thread.
class PeerVerifier {
 public:
  /// `trust` must outlive it; null if no certificate is asked for.
  PeerVerifier(const TrustStore* trust, VerifyPolicy policy);

  /// For mbedtls_ssl_set_verify, with the PeerVerifier as context. The verdict on the leaf (depth 0) covers
  /// the whole chain and replaces mbedTLS's own: no flag, or MBEDTLS_X509_BADCERT_OTHER.
  static int callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

  /// Nothing until a leaf was seen.
  const std::optional<Verdict>& verdict() const { return verdict_; }
  bool passed() const { return verdict_ && verdict_->accepted(); }

  /// The verdict's, which it has no longer then.
  std::vector<Oddity> take_oddities();

  /// Must the leaf's key not be used, not even to check that the peer has the private key? Then the verdict
  /// is a refusal as well, and a handshake that goes on after other refusals must end here.
  bool refuses_key() const { return refuses_key_; }

  /// Why verification failed; empty if it passed.
  std::string explain() const;

 private:
  void judge(const mbedtls_x509_crt& leaf);

  const TrustStore* trust_;
  VerifyPolicy policy_;
  std::optional<Verdict> verdict_;
  bool refuses_key_ = false;
};

}  // namespace persona::trust
