#include "findings.hpp"

#include <algorithm>

#include "path_checks.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/san.hpp"
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

// "a.example.com, b.example.com and 3 more"; empty when there are none.
std::string names_in_words(const mbedtls_x509_crt& certificate) {
  constexpr std::size_t shown = 5;
  std::vector<std::string> names;
  std::size_t count = 0;
  x509::for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (type != MBEDTLS_X509_SAN_DNS_NAME && type != MBEDTLS_X509_SAN_IP_ADDRESS) {
      return true;
    }
    if (++count <= shown) {
      names.push_back(type == MBEDTLS_X509_SAN_IP_ADDRESS ? x509::address_in_words(value)
                                                          : x509::escape(as_text(value)));
    }
    return true;
  });
  std::string words = fmt::format("{}", fmt::join(names, ", "));
  if (count > shown) {
    words += fmt::format(" and {} more", count - shown);
  }
  return words;
}

}  // namespace

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
  std::string names = names_in_words(certificate_);
  if (names.empty()) {
    names = fmt::format("no DNS names or addresses in subjectAltName, and the subject is not used ({})",
                        x509::display_name(certificate_));
  }
  std::string sentence =
      fmt::format("name {} is not in the {}'s certificate; it has {}", expected, to_string(role_), names);
  if (expected.find('_') != std::string_view::npos && names.find("*.") != std::string::npos) {
    sentence += "; no wildcard stands for a name with an underscore (RFC 5280 section 4.2.1.6)";
  }
  return make(VerifyReason::name_mismatch, std::move(sentence));
}

Finding Narrator::untrusted(const TrustStore& trust, bool issuer_presented) const {
  const std::string issuer = x509::name_in_words(certificate_.issuer);
  if (issuer_presented || names_key_of_root(certificate_, trust)) {
    return about(VerifyReason::bad_signature,
                 fmt::format("has a signature that is not by its issuer {}", issuer));
  }
  const bool self_issued = is_self_issued(certificate_);
  const auto& namesakes = roots_named_as_issuer(trust, certificate_);
  const mbedtls_x509_crt* namesake = namesakes.empty() ? nullptr : namesakes.front();
  if (depth_ == 0 && self_issued && namesake == nullptr) {
    return make(VerifyReason::self_signed,
                fmt::format("the {}'s certificate is self-signed and not in trust.ca: {}", to_string(role_),
                            x509::display_name(certificate_)));
  }
  std::string sentence = depth_ == 0
                             ? fmt::format("the {}'s certificate is issued by {}", to_string(role_), issuer)
                             : fmt::format("the {}'s chain {} {}", to_string(role_),
                                           self_issued ? "ends in" : "leads to", issuer);
  if (namesake == nullptr) {
    sentence += ", which trust.ca does not contain";
  } else if (mbedtls_x509_crt_get_ca_istrue(namesake) != 1) {
    sentence += ", which trust.ca contains but is not a CA certificate";
  } else {
    sentence +=
        ", but not by the CA certificate of that name in trust.ca: was the CA created again with another "
        "key?";
  }
  return make(VerifyReason::untrusted_issuer, std::move(sentence));
}

}  // namespace persona::trust
