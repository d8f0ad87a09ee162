#include "persona/trust/peer_path.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <mbedtls/x509_crt.h>

#include "persona/trust/trust_store.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/words.hpp"
#include "revocation.hpp"

namespace persona::trust {

struct RevocationSweep::Issuer {
  explicit Issuer(const Bytes& der) {
    mbedtls_x509_crt_init(&certificate);
    parsed = x509::parse_certificate(certificate, der) == 0;
  }
  ~Issuer() { mbedtls_x509_crt_free(&certificate); }
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  mbedtls_x509_crt certificate{};
  bool parsed = false;
  std::vector<std::size_t> lists;  // of trust.crl, those that it has signed
};

RevocationSweep::RevocationSweep(std::shared_ptr<const TrustStore> trust, PeerRole role)
    : trust_(std::move(trust)), role_(role) {}

RevocationSweep::~RevocationSweep() = default;

const RevocationSweep::Issuer& RevocationSweep::issuer(const Bytes& certificate) {
  std::unique_ptr<Issuer>& known = issuers_[std::string(as_text(certificate))];
  if (!known) {
    known = std::make_unique<Issuer>(certificate);
    if (known->parsed) {
      known->lists = trust_->revocation().signed_by(known->certificate, trust_->signatures());
    }
  }
  return *known;
}

std::optional<std::string> RevocationSweep::find(const PeerPath& path, std::string_view leaf) {
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    const Issuer& issuer = this->issuer(path[depth].issuer);
    const bool revoked = std::any_of(issuer.lists.begin(), issuer.lists.end(), [&](std::size_t list) {
      return trust_->revocation().revokes(list, path[depth].serial);
    });
    if (!revoked) {
      continue;
    }
    const std::string by = x509::name_in_words(issuer.certificate.subject);
    if (depth == 0) {
      return fmt::format("{} certificate was revoked by {}: {}", to_string(role_), by, leaf);
    }
    return fmt::format("CA certificate in the {}'s chain was revoked by {}: {}", to_string(role_), by,
                       x509::display_name(this->issuer(path[depth - 1].issuer).certificate));
  }
  return std::nullopt;
}

}  // namespace persona::trust
