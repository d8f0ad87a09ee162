#include "findings.hpp"

#include <algorithm>

#include "der_reader.hpp"
#include "distinguished_name.hpp"
#include "path_checks.hpp"
#include "san.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

const std::vector<const mbedtls_x509_crt*>& roots_named_as_issuer(const Trust& trust,
                                                                  const mbedtls_x509_crt& certificate) {
  return trust.roots_named(comparable_name(bytes_of(certificate.issuer_raw)));
}

/// Does the authorityKeyIdentifier name the key of a root of its issuer's name? Then that key should have
/// signed.
bool names_key_of_root(const mbedtls_x509_crt& certificate, const Trust& trust) {
  const ByteView wanted = bytes_of(certificate.authority_key_id.keyIdentifier);
  const auto& roots = roots_named_as_issuer(trust, certificate);
  return !wanted.empty() && std::any_of(roots.begin(), roots.end(), [&](const mbedtls_x509_crt* root) {
    const ByteView has = bytes_of(root->subject_key_id);
    return std::equal(wanted.begin(), wanted.end(), has.begin(), has.end());
  });
}

// "a.example.com, b.example.com and 3 more"; empty when there are none.
std::string names_in_words(const mbedtls_x509_crt& certificate) {
  constexpr std::size_t shown = 5;
  std::vector<std::string> names;
  std::size_t count = 0;
  for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (type != MBEDTLS_X509_SAN_DNS_NAME && type != MBEDTLS_X509_SAN_IP_ADDRESS) {
      return true;
    }
    if (++count <= shown) {
      names.push_back(type == MBEDTLS_X509_SAN_IP_ADDRESS ? address_in_words(value) : escape(as_text(value)));
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
  const std::string subject = depth_ == 0 ? fmt::format("{} certificate", role_)
                                          : fmt::format("CA certificate in the {}'s chain", role_);
  return make(reason, fmt::format("{} {}: {}", subject, predicate, display_name(certificate_)));
}

Finding Narrator::expired_or_early(TimePoint at) const {
  const bool expired = to_time_point(certificate_.valid_to) < at;
  const auto problem = validity_problem(certificate_, at);
  return about(expired ? VerifyReason::expired : VerifyReason::not_yet_valid,
               problem ? *problem : "is outside its validity period");
}

Finding Narrator::bad_key(const KeyDefect& defect) const {
  return make(VerifyReason::weak_key,
              fmt::format("a key in the {}'s chain {}: {} ({}), issued by {}", role_, defect.predicate,
                          display_name(certificate_), defect.key, name_in_words(certificate_.issuer)));
}

Finding Narrator::wrong_name(std::string_view expected) const {
  std::string names = names_in_words(certificate_);
  if (names.empty()) {
    names = fmt::format("no DNS names or addresses in subjectAltName, and the subject does not count ({})",
                        display_name(certificate_));
  }
  std::string sentence =
      fmt::format("name {} is not in the {}'s certificate; it has {}", expected, role_, names);
  if (expected.find('_') != std::string_view::npos) {
    sentence += "; a name with an underscore never matches (RFC 5280 section 4.2.1.6)";
  }
  return make(VerifyReason::name_mismatch, std::move(sentence));
}

Finding Narrator::untrusted(const Trust& trust, bool issuer_presented) const {
  const std::string issuer = name_in_words(certificate_.issuer);
  if (issuer_presented || names_key_of_root(certificate_, trust)) {
    return about(VerifyReason::bad_signature,
                 fmt::format("has a signature that is not by its issuer {}", issuer));
  }
  const bool self_issued = is_self_issued(certificate_);
  const auto& namesakes = roots_named_as_issuer(trust, certificate_);
  const mbedtls_x509_crt* namesake = namesakes.empty() ? nullptr : namesakes.front();
  if (depth_ == 0 && self_issued && namesake == nullptr) {
    return make(VerifyReason::self_signed,
                fmt::format("the {}'s certificate is self-signed and not in trust.ca: {}", role_,
                            display_name(certificate_)));
  }
  std::string sentence =
      depth_ == 0 ? fmt::format("the {}'s certificate is issued by {}", role_, issuer)
                  : fmt::format("the {}'s chain {} {}", role_, self_issued ? "ends in" : "leads to", issuer);
  if (namesake == nullptr) {
    sentence += ", which trust.ca does not contain";
  } else if (mbedtls_x509_crt_get_ca_istrue(namesake) != 1) {
    sentence += ", which trust.ca contains but is not a CA certificate";
  } else {
    sentence +=
        ", but not by the CA certificate of that name in trust.ca: was the CA made anew with another key?";
  }
  return make(VerifyReason::untrusted_issuer, std::move(sentence));
}

}  // namespace persona::identity
