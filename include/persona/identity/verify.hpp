// Verification of the peer's chain, name and pins (RFC 5280 section 6, RFC 9525), with every refusal in
// words.
//
// mbedTLS parses certificates and checks signatures; the paths, and all that makes one acceptable, are ours:
// mbedTLS 3.6 ignores name constraints, tries one path only and reads a CRL no further than its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/identity/certificate.hpp"

namespace persona::identity {

class ClientRules;
class Trust;

/// Does the certificate carry `name` as a subjectAltName? A dNSName for DNS names (RFC 9525: the CN never
/// counts, a wildcard is the whole left-most label, stands for exactly one label and never for the names
/// right below a public suffix), an iPAddress for numeric addresses.
bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name);

/// What a certificate is refused for, gravest first: the first of several is told.
enum class VerifyReason {
  ok,
  malformed,         ///< cannot be read, or is not X.509 version 3
  untrusted_issuer,  ///< no path leads to trust.ca
  self_signed,       ///< and not in trust.ca
  bad_signature,     ///< the issuer of that name did not sign it
  too_deep,          ///< too many certificates, or too much work
  revoked,
  crl_missing,  ///< trust.crl has no CRL of its issuer
  crl_invalid,  ///< the CRL is not signed by the issuer, or breaks RFC 5280
  crl_expired,
  expired,
  not_yet_valid,
  weak_signature,
  weak_key,  ///< too weak, too costly to use, or of a kind that is not taken
  not_a_ca,  ///< an issuer that may not issue
  path_length,
  name_constraint,
  unsupported_critical_extension,
  bad_extension,  ///< breaks RFC 5280 or, for gateways, the CA/Browser Forum's baseline requirements
  key_usage,
  extended_key_usage,
  name_mismatch,
  pin_mismatch,
  not_allowed,  ///< clients.allow
};

/// "untrusted_issuer": the enumerator's name.
std::string_view to_string(VerifyReason reason);

/// What the peer has to be.
struct VerifyPolicy {
  /// How the peer is called in sentences, and what its certificate has to be for: "gateway" (server
  /// authentication) or "client".
  std::string role = "gateway";
  std::optional<std::string> expected_name;  ///< the leaf must carry it
  std::vector<SpkiPin> pins;                 ///< one must be the leaf's; empty: any
  const ClientRules* clients = nullptr;      ///< must admit the leaf; null: any
  std::size_t max_intermediates = 8;         ///< between leaf and root; self-issued ones do not count
  std::optional<TimePoint> at;               ///< default: now
};

struct Verdict {
  VerifyReason reason = VerifyReason::ok;
  /// One sentence without full stop, for the log; empty when accepted. "gateway certificate expired 3 days
  /// ago (2026-11-18): CN=db.example.com"
  std::string sentence;
  std::string peer_name;                        ///< display_name() of the leaf
  TimePoint valid_until = TimePoint::max();     ///< when the first of path and CRLs expires
  TimePoint leaf_not_after = TimePoint::max();  ///< of the leaf alone

  bool accepted() const { return reason == VerifyReason::ok; }
};

/// `presented`: the leaf first, the others in any order and perhaps of no use. Thread-safe: what it remembers
/// (signatures that were good) is in `trust`. Throws std::bad_alloc only.
Verdict verify_chain(const Trust& trust, const mbedtls_x509_crt& presented, const VerifyPolicy& policy);

/// The same for a leaf (DER) of which an earlier verdict has accepted the chain: everything but the path.
Verdict verify_leaf_again(ByteView leaf, const VerifyPolicy& policy);

/// Judges within mbedTLS's handshake and remembers the verdict. Lives as long as the handshake; one thread.
class PeerVerifier {
 public:
  /// `trust` must outlive it; null when no certificate is asked for.
  PeerVerifier(const Trust* trust, VerifyPolicy policy);

  /// For mbedtls_ssl_set_verify, with the PeerVerifier as context. The verdict on the leaf (depth 0) is the
  /// verdict on the chain that it heads; it replaces mbedTLS's own.
  static int callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

  /// Nothing before a leaf was seen.
  const std::optional<Verdict>& verdict() const { return verdict_; }
  bool passed() const { return verdict_ && verdict_->accepted(); }

  /// Is the leaf's key one that must not be used, not even to see whether the peer has the private one? Then
  /// the verdict is a refusal as well, and a handshake that goes on after a refusal must end here.
  bool refuses_key() const { return refuses_key_; }

  /// Why verification failed; empty when it passed.
  std::string explain() const;

 private:
  void judge(const mbedtls_x509_crt& leaf);

  const Trust* trust_;
  VerifyPolicy policy_;
  std::optional<Verdict> verdict_;
  bool refuses_key_ = false;
};

}  // namespace persona::identity
