#include "persona/trust/verify.hpp"

#include <utility>

#include <mbedtls/x509_crt.h>

#include "advice.hpp"
#include "path_builder.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

Verdict verdict_on(const mbedtls_x509_crt& leaf, std::optional<Finding> finding, const VerifyPolicy& policy) {
  Verdict verdict;
  verdict.peer_name = x509::display_name(leaf);
  verdict.peer_ids = x509::ids_of(leaf);
  verdict.leaf_not_after = x509::to_time_point(leaf.valid_to);
  if (finding) {
    verdict.reason = finding->reason;
    const std::string advice = what_to_do(*finding, policy);
    verdict.sentence = std::move(finding->sentence);
    if (!advice.empty()) {
      verdict.sentence += "; " + advice;
    }
  }
  return verdict;
}

}  // namespace

Verdict verify_chain(const TrustStore& trust, const mbedtls_x509_crt& presented, const VerifyPolicy& policy) {
  const CheckContext context{policy, policy.at.value_or(x509::now())};
  PathBuilder builder(trust, presented, context);
  Verdict verdict = verdict_on(presented, builder.search(), policy);
  if (verdict.accepted()) {
    verdict.oddities = std::move(builder.oddities());
  }
  verdict.valid_until = builder.valid_until();
  verdict.path = builder.kept_path();
  return verdict;
}

Verdict verify_leaf_again(ByteView leaf, const VerifyPolicy& policy) {
  const CheckContext context{policy, policy.at.value_or(x509::now())};
  Verdict verdict;
  verdict.reason = VerifyReason::malformed;
  verdict.sentence = fmt::format("{} certificate cannot be read", to_string(policy.role));
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  if (x509::parse_certificate(certificate, leaf) == 0) {
    std::vector<Oddity> told_before;  // when its chain was verified
    verdict = verdict_on(certificate, check_leaf(certificate, context, told_before), policy);
    verdict.valid_until = verdict.leaf_not_after;
  }
  mbedtls_x509_crt_free(&certificate);
  return verdict;
}

PeerVerifier::PeerVerifier(const TrustStore* trust, VerifyPolicy policy)
    : trust_(trust), policy_(std::move(policy)) {}

int PeerVerifier::callback(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  if (depth > 0) {
    *flags = 0;  // the verdict on the leaf covers the chain
    return 0;
  }
  auto& verifier = *static_cast<PeerVerifier*>(self);
  *flags = MBEDTLS_X509_BADCERT_OTHER;
  try {
    verifier.judge(*certificate);
    if (verifier.passed()) {
      *flags = 0;
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

std::vector<Oddity> PeerVerifier::take_oddities() {
  return verdict_ ? std::move(verdict_->oddities) : std::vector<Oddity>();
}

std::string PeerVerifier::explain() const {
  if (!verdict_) {
    return fmt::format("the {} presented no certificate that could be verified", to_string(policy_.role));
  }
  return verdict_->sentence;
}

}  // namespace persona::trust
