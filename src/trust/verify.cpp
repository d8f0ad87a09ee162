#include "persona/trust/verify.hpp"

#include <utility>

#include <mbedtls/x509_crt.h>

#include "path_builder.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

Verdict verdict_on(const mbedtls_x509_crt& leaf, std::optional<Finding> finding) {
  Verdict verdict;
  verdict.peer_name = x509::display_name(leaf);
  verdict.leaf_not_after = x509::to_time_point(leaf.valid_to);
  if (finding) {
    verdict.reason = finding->reason;
    verdict.sentence = std::move(finding->sentence);
  }
  return verdict;
}

/// What mbedTLS derives the alert from (ssl_tls.c, mbedtls_ssl_verify_certificate).
std::uint32_t to_flags(VerifyReason reason) {
  switch (reason) {
    case VerifyReason::ok:
      return 0;
    case VerifyReason::untrusted_issuer:
    case VerifyReason::self_signed:
    case VerifyReason::bad_signature:
    case VerifyReason::too_deep:
      return MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    case VerifyReason::revoked:
      return MBEDTLS_X509_BADCERT_REVOKED;
    case VerifyReason::expired:
      return MBEDTLS_X509_BADCERT_EXPIRED;
    case VerifyReason::not_yet_valid:
      return MBEDTLS_X509_BADCERT_FUTURE;
    case VerifyReason::weak_signature:
      return MBEDTLS_X509_BADCERT_BAD_MD;
    case VerifyReason::weak_key:
      return MBEDTLS_X509_BADCERT_BAD_KEY;
    case VerifyReason::key_usage:
      return MBEDTLS_X509_BADCERT_KEY_USAGE;
    case VerifyReason::extended_key_usage:
      return MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    case VerifyReason::name_mismatch:
      return MBEDTLS_X509_BADCERT_CN_MISMATCH;
    case VerifyReason::pin_mismatch:
    case VerifyReason::not_allowed:
      return MBEDTLS_X509_BADCERT_OTHER;
    case VerifyReason::malformed:
    case VerifyReason::crl_missing:
    case VerifyReason::crl_invalid:
    case VerifyReason::crl_expired:
    case VerifyReason::not_a_ca:
    case VerifyReason::path_length:
    case VerifyReason::name_constraint:
    case VerifyReason::unsupported_critical_extension:
    case VerifyReason::bad_extension:
      break;
  }
  return MBEDTLS_X509_BADCERT_NS_CERT_TYPE;  // certificate_unknown
}

}  // namespace

Verdict verify_chain(const TrustStore& trust, const mbedtls_x509_crt& presented, const VerifyPolicy& policy) {
  const CheckContext context{policy, policy.at.value_or(x509::now())};
  PathBuilder builder(trust, presented, context);
  Verdict verdict = verdict_on(presented, builder.search());
  verdict.valid_until = builder.valid_until();
  return verdict;
}

Verdict verify_leaf_again(ByteView leaf, const VerifyPolicy& policy) {
  const CheckContext context{policy, policy.at.value_or(x509::now())};
  Verdict verdict;
  verdict.reason = VerifyReason::malformed;
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  if (x509::parse_certificate(certificate, leaf) == 0) {
    verdict = verdict_on(certificate, check_leaf(certificate, context));
    verdict.valid_until = verdict.leaf_not_after;
  }
  mbedtls_x509_crt_free(&certificate);
  return verdict;
}

PeerVerifier::PeerVerifier(const TrustStore* trust, VerifyPolicy policy)
    : trust_(trust), policy_(std::move(policy)) {}

int PeerVerifier::callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  if (depth > 0) {
    *flags = 0;  // judged with the leaf
    return 0;
  }
  auto& verifier = *static_cast<PeerVerifier*>(self);
  *flags = MBEDTLS_X509_BADCERT_OTHER;
  try {
    verifier.judge(*certificate);
    if (verifier.verdict_) {
      *flags = to_flags(verifier.verdict_->reason);
    }
    return 0;
  } catch (...) {  // out of memory: refuse
    verifier.verdict_.reset();
    return MBEDTLS_ERR_X509_FATAL_ERROR;
  }
}

void PeerVerifier::judge(const mbedtls_x509_crt& leaf) {
  refuses_key_ = x509::key_defect(leaf).has_value();
  if (trust_ != nullptr) {
    verdict_ = verify_chain(*trust_, leaf, policy_);
  }
}

std::string PeerVerifier::explain() const {
  if (!verdict_) {
    return fmt::format("the {} presented no certificate that could be verified", policy_.role);
  }
  return verdict_->sentence;
}

}  // namespace persona::trust
