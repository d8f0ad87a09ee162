#include "certificate_checks.hpp"

#include <algorithm>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "name_constraints.hpp"
#include "path_checks.hpp"
#include "persona/base/address.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/dns_name.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

constexpr std::string_view baseline = "CA/Browser Forum baseline requirements section 7.1";

// Refused by both profiles.
Defect defect(VerifyReason reason, std::string predicate, std::string_view source = {}) {
  return {reason, std::move(predicate), source, {}};
}

Defect malformed(std::string predicate, std::string_view source) {
  return defect(VerifyReason::bad_extension, std::move(predicate), source);
}

// Refused by TrustProfile::web_pki alone.
Defect odd(std::string_view word, std::string predicate, std::string_view source,
           VerifyReason reason = VerifyReason::bad_extension) {
  return {reason, std::move(predicate), source, word};
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets.
bool is_good_serial(const mbedtls_x509_buf& serial) {
  std::size_t length = serial.len;
  const unsigned char* octets = serial.p;
  if (length == 0 || (octets[0] & 0x80U) != 0) {
    return false;
  }
  while (length > 0 && *octets == 0) {
    ++octets;
    --length;
  }
  return length > 0 && length <= 20;
}

constexpr std::string_view section_ski = "RFC 5280 section 4.2.1.2";
constexpr std::string_view section_aki = "RFC 5280 section 4.2.1.1";

// Paths are found by names and proved by signatures: an identifier only helps to find them sooner.
void judge_own_identifier(const x509::Extensions& extensions, Position position, std::vector<Defect>& found) {
  const x509::Extension* own = extensions.find(x509::oid::subject_key_identifier);
  if (own != nullptr && own->critical) {
    found.push_back(odd("key_identifier", "has a critical subjectKeyIdentifier", section_ski));
  } else if (own == nullptr && position != Position::leaf) {
    found.push_back(odd("key_identifier", "has no subjectKeyIdentifier", section_ski));
  }
}

void judge_issuers_identifier(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                              Position position, std::vector<Defect>& found) {
  const x509::Extension* issuers = extensions.find(x509::oid::authority_key_identifier);
  const bool self_issued = is_self_issued(certificate);
  if (issuers == nullptr) {
    if (!self_issued) {
      found.push_back(odd("key_identifier", "has no authorityKeyIdentifier", section_aki));
    }
    return;
  }
  if (issuers->critical) {
    found.push_back(odd("key_identifier", "has a critical authorityKeyIdentifier", section_aki));
  }
  const auto content = x509::DerReader(issuers->value).take(x509::DerReader::sequence);
  x509::DerReader fields(content.value_or(ByteView()));
  const auto key_identifier = fields.take(x509::DerReader::context(0));
  if (!key_identifier) {
    found.push_back(
        odd("key_identifier", "has an authorityKeyIdentifier without a key identifier", section_aki));
    return;
  }
  if (position != Position::anchor || !self_issued) {
    return;
  }
  if (!fields.empty()) {
    found.push_back(odd("key_identifier",
                        "is a root whose authorityKeyIdentifier names an issuer or a serial number",
                        baseline));
  }
  const x509::Extension* own = extensions.find(x509::oid::subject_key_identifier);
  const auto identifier =
      own == nullptr ? std::nullopt : x509::DerReader(own->value).take(MBEDTLS_ASN1_OCTET_STRING);
  if (own != nullptr && (!identifier || !std::equal(identifier->begin(), identifier->end(),
                                                    key_identifier->begin(), key_identifier->end()))) {
    found.push_back(
        odd("key_identifier", "is a root whose authorityKeyIdentifier is not that of its own key", baseline));
  }
}

// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { OID, GeneralName }
bool is_information_access(ByteView value) {
  const auto list = x509::DerReader(value).take(x509::DerReader::sequence);
  if (!list || list->empty()) {
    return false;
  }
  for (x509::DerReader items(*list); !items.empty();) {
    const auto item = items.take(x509::DerReader::sequence);
    x509::DerReader fields(item.value_or(ByteView()));
    const auto method = fields.take(MBEDTLS_ASN1_OID);
    const auto location = fields.take_any();
    if (!method || !location || !fields.empty() ||
        (location->tag & MBEDTLS_ASN1_TAG_CLASS_MASK) != MBEDTLS_ASN1_CONTEXT_SPECIFIC) {
      return false;
    }
  }
  return true;
}

bool has_usage(const mbedtls_x509_crt& certificate, std::string_view usage) {
  for (const mbedtls_x509_sequence* one = &certificate.ext_key_usage; one != nullptr; one = one->next) {
    if (one->buf.p != nullptr && as_text(x509::bytes_of(one->buf)) == usage) {
      return true;
    }
  }
  return false;
}

constexpr std::string_view any_usage(MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE,
                                     MBEDTLS_OID_SIZE(MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE));

std::string_view usage_of(PeerRole role) {
  return role == PeerRole::client
             ? std::string_view(MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH))
             : std::string_view(MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
}

struct BasicConstraints {
  bool is_ca = false;
  bool limits_paths = false;
};

// mbedTLS's own reader would not do: where cA is left out it takes an INTEGER for it, so that a leaf with a
// pathLenConstraint of 1 would be a CA.
std::optional<BasicConstraints> basic_constraints(const x509::Extensions& extensions) {
  const x509::Extension* extension = extensions.find(x509::oid::basic_constraints);
  if (extension == nullptr) {
    return BasicConstraints{};
  }
  x509::DerReader outer(extension->value);
  const auto content = outer.take(x509::DerReader::sequence);
  if (!content || !outer.empty()) {
    return std::nullopt;
  }
  BasicConstraints constraints;
  x509::DerReader fields(*content);
  if (const auto is_ca = fields.take(MBEDTLS_ASN1_BOOLEAN)) {
    constraints.is_ca = is_ca->size() == 1 && is_ca->front() != 0;
  }
  constraints.limits_paths = fields.take(MBEDTLS_ASN1_INTEGER).has_value();
  return fields.empty() ? std::optional(constraints) : std::nullopt;
}

bool has_key_usage(const mbedtls_x509_crt& certificate, unsigned usage) {
  return mbedtls_x509_crt_check_key_usage(&certificate, usage) == 0;  // also true if the extension is absent
}

// Would people or old software take this CN for the server's name?
bool looks_like_host(std::string_view name) {
  if (name.find_first_of(" /@") != std::string_view::npos) {
    return false;
  }
  const bool hexadecimal = name.starts_with("0x") || name.starts_with("0X");
  return hexadecimal || name.find_first_of(".:") != std::string_view::npos;
}

// Baseline requirements section 7.1.4.3: exactly as written in the subjectAltName.
bool is_among_names(std::string_view name, const mbedtls_x509_crt& leaf) {
  bool found = false;
  x509::for_each_alternative_name(leaf, [&](int type, ByteView value) {
    found = (type == MBEDTLS_X509_SAN_DNS_NAME && as_text(value) == name) ||
            (type == MBEDTLS_X509_SAN_IP_ADDRESS && x509::address_in_words(value) == name) ||
            (type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER && as_text(value) == name);
    return !found;
  });
  return found;
}

void judge_common_names(const mbedtls_x509_crt& leaf, std::vector<Defect>& found) {
  for (const mbedtls_x509_name* part = &leaf.subject; part != nullptr; part = part->next) {
    const std::string_view type = as_text(x509::bytes_of(part->oid));
    if (type != std::string_view(MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN))) {
      continue;
    }
    const std::string_view name = as_text(x509::bytes_of(part->val));
    if (looks_like_host(name) && !is_among_names(name, leaf)) {
      found.push_back(
          odd("common_name",
              fmt::format("has the CN {}, which is not in its subjectAltName as written", x509::escape(name)),
              baseline));
    }
  }
}

void judge_alternative_names(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions,
                             bool is_gateway, std::vector<Defect>& found) {
  const x509::Extension* names = extensions.find(x509::oid::subject_alternative_name);
  if (names == nullptr) {
    return;  // a name that is asked for is then a name_mismatch, which says more
  }
  const bool no_subject = x509::is_empty_name(x509::bytes_of(leaf.subject_raw));
  if (no_subject && !names->critical) {
    found.push_back(odd("alternative_name_criticality",
                        "has no subject, so its subjectAltName has to be critical",
                        "RFC 5280 section 4.2.1.6"));
  }
  if (is_gateway && !no_subject && names->critical) {
    found.push_back(odd("alternative_name_criticality",
                        "has a subject, so its subjectAltName must not be critical", baseline));
  }
  for (const GeneralName& name : names_of(leaf)) {
    // A malformed DNS name does no harm, because it never matches. A malformed address might be read as
    // anything by somebody else. Nobody is known by a mailbox here.
    if (name.type == GeneralName::dns_name || is_well_formed(name)) {
      continue;
    }
    constexpr std::string_view source = "RFC 5280 section 4.2.1.6";
    auto predicate = fmt::format("has a malformed {} in its subjectAltName", in_words(name));
    found.push_back(name.type == GeneralName::rfc822_name
                        ? odd("malformed_mailbox", std::move(predicate), source)
                        : malformed(std::move(predicate), source));
  }
  if (is_gateway) {
    judge_common_names(leaf, found);
  }
}

void judge_extended_usage(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions, bool is_gateway,
                          std::vector<Defect>& found) {
  const PeerRole role = is_gateway ? PeerRole::gateway : PeerRole::client;
  const x509::Extension* usages = extensions.find(x509::oid::extended_key_usage);
  if (usages == nullptr) {
    if (is_gateway) {
      // Its name or its pin has to match all the same.
      found.push_back(odd("no_extended_key_usage",
                          "does not say that it is for servers (it has no extendedKeyUsage; serverAuth is "
                          "needed)",
                          {}, VerifyReason::extended_key_usage));
    }
    return;
  }
  const bool any = has_usage(leaf, any_usage);
  if (is_gateway && any) {
    found.push_back(odd("any_extended_key_usage",
                        "is for anything (anyExtendedKeyUsage), which a gateway's must not be", {},
                        VerifyReason::extended_key_usage));
  }
  if (!any && !has_usage(leaf, usage_of(role))) {
    found.push_back(defect(VerifyReason::extended_key_usage,
                           is_gateway ? "is not for servers (its extendedKeyUsage lacks serverAuth)"
                                      : "is not for clients (its extendedKeyUsage lacks clientAuth)"));
  }
  if (is_gateway && usages->critical) {
    found.push_back(odd("critical_extended_key_usage", "has a critical extendedKeyUsage", baseline));
  }
}

void judge_all(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions, Position position,
               std::vector<Defect>& found) {
  if (certificate.version != 3) {
    // An anchor is trusted because it is in trust.ca (RFC 5280 section 6.1.4 (k)), and a leaf issues nothing.
    auto predicate = fmt::format("is of X.509 version {}, not 3", certificate.version);
    found.push_back(position == Position::intermediate
                        ? defect(VerifyReason::malformed, std::move(predicate))
                        : odd("version", std::move(predicate), {}, VerifyReason::malformed));
  }
  if (position != Position::anchor && !is_good_serial(certificate.serial)) {
    found.push_back(odd("serial_number",
                        "has a serial number that is not a positive one of at most 20 octets",
                        "RFC 5280 section 4.1.2.2"));
  }
  if (x509::is_empty_name(x509::bytes_of(certificate.issuer_raw))) {
    found.push_back(malformed("has no issuer name", "RFC 5280 section 4.1.2.4"));
  }
  for (const x509::Extension& extension : extensions.all()) {
    if (extension.critical && !x509::is_known(extension)) {
      found.push_back(defect(VerifyReason::unsupported_critical_extension,
                             fmt::format("has a critical extension that persona does not know ({})",
                                         x509::oid_in_words(extension.oid))));
    }
  }
  if (extensions.find(x509::oid::policy_constraints) != nullptr) {
    found.push_back(defect(VerifyReason::unsupported_critical_extension,
                           "has policyConstraints, which are not supported"));
  }
  if (const x509::Extension* access = extensions.find(x509::oid::authority_information_access)) {
    if (access->critical || !is_information_access(access->value)) {
      found.push_back(malformed(
          access->critical ? "has a critical authorityInfoAccess" : "has a malformed authorityInfoAccess",
          "RFC 5280 section 4.2.2.1"));
    }
  }
  if (certificate.version == 3) {
    judge_own_identifier(extensions, position, found);
    judge_issuers_identifier(certificate, extensions, position, found);
  }
}

void judge_issuers_usage(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                         Position position, PeerRole role, std::vector<Defect>& found) {
  if (extensions.find(x509::oid::extended_key_usage) == nullptr) {
    return;
  }
  if (!has_usage(certificate, any_usage) && !has_usage(certificate, usage_of(role))) {
    const bool is_client = role == PeerRole::client;
    found.push_back(
        defect(VerifyReason::extended_key_usage,
               fmt::format("may not issue for {}s (its extendedKeyUsage lacks {})",
                           is_client ? "client" : "server", is_client ? "clientAuth" : "serverAuth")));
  }
  if (position == Position::anchor && is_self_issued(certificate)) {
    found.push_back(odd("anchor_extended_key_usage", "is a root with an extendedKeyUsage", baseline));
  }
}

void judge_issuer(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions, Position position,
                  PeerRole role, std::vector<Defect>& found) {
  if (certificate.version != 3) {
    return;  // it has no extensions, and is a CA only because it is in trust.ca
  }
  if (const auto constraints = basic_constraints(extensions); !constraints || !constraints->is_ca) {
    found.push_back(
        defect(VerifyReason::not_a_ca, "has issued a certificate but is not a CA (basicConstraints)"));
  } else if (!extensions.is_critical(x509::oid::basic_constraints)) {
    found.push_back(odd("basic_constraints_criticality", "has basicConstraints that are not critical",
                        "RFC 5280 section 4.2.1.9"));
  }
  if (!has_key_usage(certificate, MBEDTLS_X509_KU_KEY_CERT_SIGN)) {
    found.push_back(defect(VerifyReason::not_a_ca,
                           "has issued a certificate but may not (its keyUsage lacks keyCertSign)"));
  }
  if (x509::is_empty_name(x509::bytes_of(certificate.subject_raw))) {
    found.push_back(malformed("has no subject name", "RFC 5280 section 4.1.2.6"));
  }
  if (const x509::Extension* constraints = extensions.find(x509::oid::name_constraints)) {
    if (!constraints->critical) {
      found.push_back(odd("name_constraints_criticality", "has nameConstraints that are not critical",
                          "RFC 5280 section 4.2.1.10"));
    }
    if (!NameConstraints::read(constraints->value)) {
      found.push_back(malformed("has malformed nameConstraints", "RFC 5280 section 4.2.1.10"));
    }
  }
  judge_issuers_usage(certificate, extensions, position, role, found);
}

void judge_leaf(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions, PeerRole role,
                std::vector<Defect>& found) {
  constexpr std::string_view source = "RFC 5280 section 4.2.1.9";
  const bool is_gateway = role == PeerRole::gateway;
  if (!has_key_usage(leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE)) {
    found.push_back(defect(VerifyReason::key_usage, "is not for TLS (its keyUsage lacks digitalSignature)"));
  }
  judge_extended_usage(leaf, extensions, is_gateway, found);
  const auto constraints = basic_constraints(extensions);
  if (!constraints) {
    found.push_back(malformed("has malformed basicConstraints", source));
    return;
  }
  // None of these makes it an issuer: that takes CA:TRUE, and keyCertSign if there is a keyUsage.
  const bool has_usages = extensions.find(x509::oid::key_usage) != nullptr;
  const bool may_sign = has_usages && has_key_usage(leaf, MBEDTLS_X509_KU_KEY_CERT_SIGN);
  if (has_usages && constraints->is_ca && !may_sign) {
    found.push_back(odd("leaf_is_ca", "is a CA's, but its keyUsage lacks keyCertSign", source));
  }
  if (!constraints->is_ca && may_sign) {
    found.push_back(odd("leaf_may_sign", "may sign certificates (keyCertSign) but is not a CA's", source));
  }
  if (!constraints->is_ca && constraints->limits_paths) {
    found.push_back(
        odd("leaf_path_length", "limits the paths below it (pathLenConstraint) but is not a CA's", source));
  }
  if (!constraints->is_ca && extensions.find(x509::oid::name_constraints) != nullptr) {
    found.push_back(
        odd("leaf_name_constraints", "has nameConstraints but is not a CA's", "RFC 5280 section 4.2.1.10"));
  }
  judge_alternative_names(leaf, extensions, is_gateway, found);
}

}  // namespace

std::vector<Defect> certificate_defects(const mbedtls_x509_crt& certificate, Position position,
                                        PeerRole role) {
  std::vector<Defect> found;
  const auto extensions = x509::Extensions::read(x509::bytes_of(certificate.v3_ext));
  if (!extensions) {
    found.push_back(defect(VerifyReason::bad_extension, "has malformed or repeated extensions"));
    return found;
  }
  judge_all(certificate, *extensions, position, found);
  if (position == Position::leaf) {
    judge_leaf(certificate, *extensions, role, found);
  } else {
    judge_issuer(certificate, *extensions, position, role, found);
  }
  return found;
}

}  // namespace persona::trust
