#include "findings.hpp"

#include <cstring>
#include <vector>

#include "san.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

// mbedTLS itself compares names octet by octet but for ASCII case; for a message the octets will do.
bool same_octets(const mbedtls_x509_buf& left, const mbedtls_x509_buf& right) {
  return left.len == right.len && std::memcmp(left.p, right.p, left.len) == 0;
}

const mbedtls_x509_crt* find_by_subject(const CertificateList& roots, const mbedtls_x509_buf& subject) {
  for (const mbedtls_x509_crt* root = roots.get(); root != nullptr; root = root->next) {
    if (same_octets(root->subject_raw, subject)) {
      return root;
    }
  }
  return nullptr;
}

/// Makes the sentences about one certificate.
struct Narrator {
  const FindingContext& context;
  const mbedtls_x509_crt& certificate;
  int depth;

  // "gateway certificate" and "the gateway's certificate": the first opens a sentence with a verb, as in a
  // log.
  std::string subject() const {
    return depth == 0 ? fmt::format("{} certificate", context.role)
                      : fmt::format("CA certificate in the {}'s chain", context.role);
  }

  std::string about(std::string_view predicate) const {
    return fmt::format("{} {}: {}", subject(), predicate, display_name(certificate));
  }

  std::string not_trusted() const {
    const std::string issuer = name_in_words(certificate.issuer);
    const bool self_signed = same_octets(certificate.subject_raw, certificate.issuer_raw);
    if (context.issuer_seen) {
      return fmt::format("{} has a signature that is not by its issuer {}: {}", subject(), issuer,
                         display_name(certificate));
    }
    if (depth == 0 && self_signed) {
      return fmt::format("the {}'s certificate is self-signed and not in trust.ca: {}", context.role,
                         display_name(certificate));
    }
    const std::string start =
        depth == 0
            ? fmt::format("the {}'s certificate is issued by {}", context.role, issuer)
            : fmt::format("the {}'s chain {} {}", context.role, self_signed ? "ends in" : "leads to", issuer);
    const mbedtls_x509_crt* namesake =
        context.roots != nullptr ? find_by_subject(*context.roots, certificate.issuer_raw) : nullptr;
    if (namesake == nullptr) {
      return start + ", which trust.ca does not contain";
    }
    if (mbedtls_x509_crt_get_ca_istrue(namesake) != 1) {
      return start + ", which trust.ca contains but is not a CA certificate";
    }
    return start +
           ", but not by the CA certificate of that name in trust.ca: was the CA made anew with another key?";
  }

  std::string validity() const {
    const auto problem = validity_problem(certificate, now());
    return about(problem ? *problem : "is outside its validity period");
  }

  std::string revocation_list(std::uint32_t flags) const {
    std::string_view problem = "is signed too weakly";
    if ((flags & MBEDTLS_X509_BADCRL_NOT_TRUSTED) != 0) {
      problem = "is not signed by it";
    } else if ((flags & MBEDTLS_X509_BADCRL_EXPIRED) != 0) {
      problem = "has expired";
    } else if ((flags & MBEDTLS_X509_BADCRL_FUTURE) != 0) {
      problem = "is not valid yet";
    }
    return fmt::format("the revocation list of {} {}", name_in_words(certificate.issuer), problem);
  }

  std::string strength(std::uint32_t flags) const {
    if ((flags & MBEDTLS_X509_BADCERT_BAD_MD) != 0) {
      return about("is signed with a hash that is too weak");
    }
    return fmt::format("a key in the {}'s chain is too weak: {} ({}), issued by {}", context.role,
                       display_name(certificate), key_in_words(certificate.pk),
                       name_in_words(certificate.issuer));
  }

  std::string usage(std::uint32_t flags) const {
    if ((flags & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE) != 0) {
      return about(context.role == "client" ? "is not for clients (its extendedKeyUsage lacks clientAuth)"
                                            : "is not for servers (its extendedKeyUsage lacks serverAuth)");
    }
    return about("is not for TLS (its keyUsage lacks digitalSignature)");
  }

  std::string name() const {
    constexpr std::size_t shown = 5;
    std::vector<std::string> names;
    std::size_t count = 0;
    for_each_alternative_name(certificate, [&](int type, ByteView value) {
      if (type != MBEDTLS_X509_SAN_DNS_NAME && type != MBEDTLS_X509_SAN_IP_ADDRESS) {
        return true;
      }
      if (++count <= shown) {
        names.push_back(type == MBEDTLS_X509_SAN_IP_ADDRESS ? address_in_words(value)
                                                            : escape(as_text(value)));
      }
      return true;
    });
    std::string what = fmt::format("{}", fmt::join(names, ", "));
    if (count == 0) {
      what = fmt::format("no DNS names or addresses in subjectAltName, and the subject does not count ({})",
                         display_name(certificate));
    } else if (count > shown) {
      what += fmt::format(" and {} more", count - shown);
    }
    return fmt::format("name {} is not in the {}'s certificate; it has {}", context.expected_name,
                       context.role, what);
  }
};

constexpr std::uint32_t revocation_list_flags =
    MBEDTLS_X509_BADCRL_NOT_TRUSTED | MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE |
    MBEDTLS_X509_BADCRL_BAD_MD | MBEDTLS_X509_BADCRL_BAD_PK | MBEDTLS_X509_BADCRL_BAD_KEY;
constexpr std::uint32_t validity_flags = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
constexpr std::uint32_t strength_flags =
    MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
constexpr std::uint32_t usage_flags =
    MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE;

}  // namespace

Finding explain_finding(const FindingContext& context, const mbedtls_x509_crt& certificate, int depth,
                        std::uint32_t flags) {
  const Narrator narrator{context, certificate, depth};
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    return {1, narrator.not_trusted()};
  }
  if ((flags & MBEDTLS_X509_BADCERT_REVOKED) != 0) {
    return {2, narrator.about("was revoked")};
  }
  if ((flags & revocation_list_flags) != 0) {
    return {3, narrator.revocation_list(flags)};
  }
  if ((flags & validity_flags) != 0) {
    return {4, narrator.validity()};
  }
  if ((flags & strength_flags) != 0) {
    return {5, narrator.strength(flags)};
  }
  if ((flags & usage_flags) != 0) {
    return {6, narrator.usage(flags)};
  }
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
    return {7, narrator.name()};
  }
  return {8, narrator.about(fmt::format("was refused (verification flags {:#x})", flags))};
}

}  // namespace persona::identity
