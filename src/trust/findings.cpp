#include "findings.hpp"

#include <algorithm>

#include "name_mismatch.hpp"
#include "path_checks.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

const std::vector<const mbedtls_x509_crt*>& roots_named_as_issuer(const TrustStore& trust,
                                                                  const mbedtls_x509_crt& certificate) {
  return trust.roots_named(x509::comparable_name(x509::bytes_of(certificate.issuer_raw)));
}

/// Does the authorityKeyIdentifier name the key of a root that has the issuer's name? Then that key should
/// have signed, and the signature is bad rather than the issuer unknown.
bool names_key_of_root(const mbedtls_x509_crt& certificate, const TrustStore& trust) {
  const ByteView wanted = x509::bytes_of(certificate.authority_key_id.keyIdentifier);
  const auto& roots = roots_named_as_issuer(trust, certificate);
  return !wanted.empty() && std::any_of(roots.begin(), roots.end(), [&](const mbedtls_x509_crt* root) {
    const ByteView has = x509::bytes_of(root->subject_key_id);
    return std::equal(wanted.begin(), wanted.end(), has.begin(), has.end());
  });
}

}  // namespace

Finding Narrator::make(VerifyReason reason, std::string sentence) const {
  return {reason, std::move(sentence), depth_, {}, false, false, is_self_issued(certificate_)};
}

Finding Narrator::about(VerifyReason reason, std::string_view predicate) const {
  const std::string subject = depth_ == 0 ? fmt::format("{} certificate", to_string(role_))
                                          : fmt::format("CA certificate in the {}'s chain", to_string(role_));
  return make(reason, fmt::format("{} {}: {}", subject, predicate, x509::display_name(certificate_)));
}

Finding Narrator::expired_or_early(x509::TimePoint at) const {
  const bool expired = x509::to_time_point(certificate_.valid_to) < at;
  const auto problem = x509::validity_problem(certificate_, at);
  return about(expired ? VerifyReason::expired : VerifyReason::not_yet_valid,
               problem ? *problem : "is outside its validity period");
}

Finding Narrator::bad_key(const x509::KeyDefect& defect) const {
  return make(
      VerifyReason::weak_key,
      fmt::format("a key in the {}'s chain {}: {} ({}), issued by {}", to_string(role_), defect.predicate,
                  x509::display_name(certificate_), defect.key, x509::name_in_words(certificate_.issuer)));
}

Finding Narrator::wrong_name(std::string_view expected) const {
  Finding finding = make(VerifyReason::name_mismatch, explain_mismatch(certificate_, role_, expected));
  finding.mend = mend_mismatch(certificate_, role_, expected);
  return finding;
}

Finding Narrator::wrong_pin(const SpkiPin& pin) const {
  Finding finding = about(VerifyReason::pin_mismatch, fmt::format("has a key that is none of {}.pins ({})",
                                                                  to_string(role_), pin.to_string()));
  finding.mend = fmt::format(
      "if its key was replaced on purpose, add that pin to {}.pins; ask whoever runs the {}, over another "
      "way",
      to_string(role_), to_string(role_));
  return finding;
}

Finding Narrator::untrusted(const TrustStore& trust, bool issuer_presented) const {
  const std::string issuer = x509::name_in_words(certificate_.issuer);
  if (issuer_presented || names_key_of_root(certificate_, trust)) {
    Finding finding = about(VerifyReason::bad_signature,
                            fmt::format("has a signature that is not by its issuer {}", issuer));
    finding.mend = fmt::format(
        "if that CA was made again with another key, get its present certificate from whoever runs it, for "
        "trust.ca or for the {}'s chain",
        to_string(role_));
    return finding;
  }
  const bool self_issued = is_self_issued(certificate_);
  const auto& namesakes = roots_named_as_issuer(trust, certificate_);
  const mbedtls_x509_crt* namesake = namesakes.empty() ? nullptr : namesakes.front();
  if (depth_ == 0 && self_issued && namesake == nullptr) {
    Finding finding = make(VerifyReason::self_signed,
                           fmt::format("the {}'s certificate is self-signed and not in trust.ca: {}",
                                       to_string(role_), x509::display_name(certificate_)));
    finding.mend = fmt::format("if it is the right one (pin {}; ask whoever runs the {}), add it to trust.ca",
                               x509::spki_pin_of(certificate_).to_string(), to_string(role_));
    return finding;
  }
  std::string sentence = depth_ == 0
                             ? fmt::format("the {}'s certificate is issued by {}", to_string(role_), issuer)
                             : fmt::format("the {}'s chain {} {}", to_string(role_),
                                           self_issued ? "ends in" : "leads to", issuer);
  std::string mend;
  if (namesake == nullptr) {
    sentence += ", which trust.ca does not contain";
    mend = "if you trust that CA, add its certificate to trust.ca";
    if (!self_issued) {
      mend += fmt::format("; if it is an intermediate one, the {} has to send its certificate as well",
                          to_string(role_));
    }
  } else if (namesake->version == 3 && mbedtls_x509_crt_get_ca_istrue(namesake) != 1) {
    sentence += ", which trust.ca contains but is not a CA certificate";
    mend = "trust.ca needs the certificate of the CA that has issued it";
  } else {
    sentence +=
        ", but not by the CA certificate of that name in trust.ca: was the CA created again with another "
        "key?";
    mend = "if so, get its present certificate from whoever runs it, and add that to trust.ca";
  }
  Finding finding = make(VerifyReason::untrusted_issuer, std::move(sentence));
  finding.mend = std::move(mend);
  return finding;
}

}  // namespace persona::trust
