#include "persona/identity/verify.hpp"

#include <algorithm>
#include <utility>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "findings.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

// What mbedTLS checks only after the callback, and then for the ordinary verify mode alone: a TLS certificate
// signs (RFC 8446 section 4.4.2.2), and it is for the side that presents it.
std::uint32_t usage_flags(const mbedtls_x509_crt& leaf, bool is_client) {
  std::uint32_t flags = 0;
  if (mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
    flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
  }
  const char* oid = is_client ? MBEDTLS_OID_CLIENT_AUTH : MBEDTLS_OID_SERVER_AUTH;
  static_assert(MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH) == MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
  if (mbedtls_x509_crt_check_extended_key_usage(&leaf, oid, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
    flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
  }
  return flags;
}

}  // namespace

PeerVerifier::PeerVerifier(std::string role, std::optional<std::string> expected_name,
                           const CertificateList* roots)
    : role_(std::move(role)), expected_name_(std::move(expected_name)), roots_(roots) {}

int PeerVerifier::callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  auto& verifier = *static_cast<PeerVerifier*>(self);
  try {
    verifier.examine(*certificate, depth, *flags);
  } catch (...) {
    *flags |= MBEDTLS_X509_BADCERT_OTHER;  // out of memory: refuse
  }
  verifier.valid_until_ = std::min(verifier.valid_until_, to_time_point(certificate->valid_to));
  verifier.flags_ |= *flags;
  verifier.leaf_seen_ = verifier.leaf_seen_ || depth == 0;
  verifier.issuer_seen_ = true;
  return 0;
}

bool PeerVerifier::examine_again(ByteView leaf) {
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  if (mbedtls_x509_crt_parse_der_nocopy(&certificate, leaf.data(), leaf.size()) == 0) {
    std::uint32_t flags = 0;
    if (mbedtls_x509_time_is_past(&certificate.valid_to) != 0) {
      flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    }
    if (mbedtls_x509_time_is_future(&certificate.valid_from) != 0) {
      flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    callback(this, &certificate, 0, &flags);
  }
  mbedtls_x509_crt_free(&certificate);
  return passed();
}

void PeerVerifier::examine(const mbedtls_x509_crt& certificate, int depth, std::uint32_t& flags) {
  if (depth == 0) {
    // The flags first: words may run out of memory, and the refusal must stand by then.
    flags |= usage_flags(certificate, role_ == "client");
    if (expected_name_ && !matches_name(certificate, *expected_name_)) {
      flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    peer_name_ = display_name(certificate);
  }
  if (flags == 0) {
    return;
  }
  Finding finding = explain_finding(
      {role_, expected_name_ ? std::string_view(*expected_name_) : std::string_view(), roots_, issuer_seen_},
      certificate, depth, flags);
  if (gravity_ == 0 || finding.gravity <= gravity_) {  // of equals the one closer to the peer
    gravity_ = finding.gravity;
    sentence_ = std::move(finding.sentence);
  }
}

std::string PeerVerifier::explain() const {
  if (passed()) {
    return {};
  }
  if (!sentence_.empty()) {
    return sentence_;
  }
  return leaf_seen_ ? fmt::format("the {}'s certificate could not be verified", role_)
                    : fmt::format("the {} presented no certificate that could be verified", role_);
}

}  // namespace persona::identity
