// Verification of the peer's chain and name, with every refusal in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/bytes.hpp"
#include "persona/identity/certificate.hpp"

namespace persona::identity {

/// Does the certificate carry `name` as a subjectAltName? A dNSName for DNS names (RFC 9525: the CN never
/// counts, a wildcard is the whole left-most label and stands for exactly one label), an iPAddress for
/// numeric addresses.
bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name);

/// Watches one handshake's chain verification and remembers why it failed. Lives as long as the handshake;
/// one thread.
class PeerVerifier {
 public:
  /// `role` is how the peer is called in sentences, and what its certificate has to be for: "gateway" (server
  /// authentication) or "client". With `expected_name` the leaf must carry it. With `roots`, the CA
  /// certificates of the same verification, an untrusted issuer is explained more exactly; they must outlive
  /// the verifier.
  PeerVerifier(std::string role, std::optional<std::string> expected_name,
               const CertificateList* roots = nullptr);

  /// For mbedtls_ssl_set_verify, with the PeerVerifier as context. Called for each certificate, the root
  /// first and the leaf (depth 0) last. Adds flags for what mbedTLS leaves to its caller: the name (its own
  /// check falls back to the CN) and, on the leaf, key usage and extended key usage.
  static int callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

  /// For a session that is resumed without a chain: examines the leaf (DER) that it was established with for
  /// all but the signatures, that is its dates, its usage and the name. True when it passes.
  bool examine_again(ByteView leaf);

  /// When the first certificate seen expires, its root included; the distant future before any was seen.
  TimePoint valid_until() const { return valid_until_; }

  /// True once the leaf was seen and no certificate had a finding.
  bool passed() const { return leaf_seen_ && flags_ == 0; }
  bool leaf_seen() const { return leaf_seen_; }
  std::uint32_t flags() const { return flags_; }  ///< MBEDTLS_X509_BADCERT_*, of all certificates
  const std::string& peer_name() const { return peer_name_; }  ///< display_name() of the leaf, once seen

  /// Why verification failed, as one sentence without full stop, for the log; the gravest finding when there
  /// are several. "gateway certificate expired 3 days ago (2026-11-18): CN=db.example.com", "name
  /// db.example.com is not in the gateway's certificate; it has a.example.com, b.example.com", "the gateway's
  /// certificate is issued by CN=Other CA, which trust.ca does not contain", "the gateway's certificate is
  /// self-signed and not in trust.ca: CN=x". Empty when it passed.
  std::string explain() const;

 private:
  void examine(const mbedtls_x509_crt& certificate, int depth, std::uint32_t& flags);

  std::string role_;
  std::optional<std::string> expected_name_;
  const CertificateList* roots_;
  bool leaf_seen_ = false;
  bool issuer_seen_ = false;  // a certificate above the one being examined: its issuer was found
  std::uint32_t flags_ = 0;   // of all certificates
  TimePoint valid_until_ = TimePoint::max();
  std::string peer_name_;
  std::string sentence_;  // of the gravest finding so far
  int gravity_ = 0;       // its rank, 1 the gravest; 0: none yet
};

}  // namespace persona::identity
