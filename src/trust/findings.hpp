// What is wrong with one certificate of a path, in words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/trust/trust_store.hpp"
#include "persona/trust/verify.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

struct Finding {
  VerifyReason reason = VerifyReason::ok;
  std::string sentence;
  std::size_t depth = 0;     ///< 0: the leaf
  std::string mend = {};     ///< what to do, where that depends on more than the reason (advice.hpp)
  bool in_trust_ca = false;  ///< the certificate is the anchor
  bool tolerable = false;    ///< TrustProfile::private_cas accepts it
  bool self_issued = false;  ///< the certificate names itself as its issuer
};

/// From the leaf to the anchor, which is in trust.ca; both may be the same. Never empty.
using Path = std::vector<const mbedtls_x509_crt*>;

/// Writes sentences about the certificate at `depth` of a path.
class Narrator {
 public:
  Narrator(PeerRole role, const mbedtls_x509_crt& certificate, std::size_t depth)
      : role_(role), certificate_(certificate), depth_(depth) {}

  /// "gateway certificate PREDICATE: CN=x", "CA certificate in the gateway's chain PREDICATE: CN=x"
  Finding about(VerifyReason reason, std::string_view predicate) const;

  Finding expired_or_early(x509::TimePoint at) const;
  Finding bad_key(const x509::KeyDefect& defect) const;

  /// The leaf has another name (name_mismatch.hpp).
  Finding wrong_name(std::string_view expected) const;

  /// The leaf's key is none of gateway.pins.
  Finding wrong_pin(const SpkiPin& pin) const;

  /// No path continues from here. `issuer_presented`: the peer sent a certificate of the issuer's name, but
  /// it leads nowhere or did not sign this one.
  Finding untrusted(const TrustStore& trust, bool issuer_presented) const;

 private:
  Finding make(VerifyReason reason, std::string sentence) const;

  PeerRole role_;
  const mbedtls_x509_crt& certificate_;
  std::size_t depth_;
};

}  // namespace persona::trust
