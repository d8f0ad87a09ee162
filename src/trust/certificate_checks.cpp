#include "certificate_checks.hpp"

#include <algorithm>

#include <mbedtls/oid.h>

#include "name_constraints.hpp"
#include "persona/base/address.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/dns_name.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

Defect defect(VerifyReason reason, std::string predicate) {
  return {reason, std::move(predicate)};
}

Defect bad(std::string_view what, std::string_view section) {
  return {VerifyReason::bad_extension, fmt::format("{} (RFC 5280 section {})", what, section)};
}

Defect against_baseline(std::string_view what) {
  return {VerifyReason::bad_extension,
          fmt::format("{} (CA/Browser Forum baseline requirements section 7.1)", what)};
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

std::optional<Defect> key_identifier_defect(const mbedtls_x509_crt& certificate,
                                            const x509::Extensions& extensions, Position position) {
  const x509::Extension* own = extensions.find(x509::oid::subject_key_identifier);
  if (own != nullptr && own->critical) {
    return bad("has a critical subjectKeyIdentifier", "4.2.1.2");
  }
  if (own == nullptr && position != Position::leaf) {
    return bad("has no subjectKeyIdentifier", "4.2.1.2");
  }
  const x509::Extension* issuers = extensions.find(x509::oid::authority_key_identifier);
  const bool self_issued = is_self_issued(certificate);
  if (issuers == nullptr) {
    return self_issued ? std::nullopt : std::optional(bad("has no authorityKeyIdentifier", "4.2.1.1"));
  }
  if (issuers->critical) {
    return bad("has a critical authorityKeyIdentifier", "4.2.1.1");
  }
  const auto content = x509::DerReader(issuers->value).take(x509::DerReader::sequence);
  x509::DerReader fields(content.value_or(ByteView()));
  const auto key_identifier = fields.take(x509::DerReader::context(0));
  if (!key_identifier) {
    return bad("has an authorityKeyIdentifier without a key identifier", "4.2.1.1");
  }
  if (position == Position::anchor && self_issued) {
    const auto identifier = x509::DerReader(own->value).take(MBEDTLS_ASN1_OCTET_STRING);  // an anchor has it
    if (!fields.empty()) {
      return against_baseline("is a root whose authorityKeyIdentifier names an issuer or a serial number");
    }
    if (!identifier ||
        !std::equal(identifier->begin(), identifier->end(), key_identifier->begin(), key_identifier->end())) {
      return against_baseline("is a root whose authorityKeyIdentifier is not that of its own key");
    }
  }
  return std::nullopt;
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

std::optional<Defect> common_name_defect(const mbedtls_x509_crt& leaf) {
  for (const mbedtls_x509_name* part = &leaf.subject; part != nullptr; part = part->next) {
    const std::string_view type = as_text(x509::bytes_of(part->oid));
    if (type != std::string_view(MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN))) {
      continue;
    }
    const std::string_view name = as_text(x509::bytes_of(part->val));
    if (looks_like_host(name) && !is_among_names(name, leaf)) {
      return against_baseline(
          fmt::format("has the CN {}, which is not in its subjectAltName as written", x509::escape(name)));
    }
  }
  return std::nullopt;
}

std::optional<Defect> alternative_name_defect(const mbedtls_x509_crt& leaf,
                                              const x509::Extensions& extensions, bool is_gateway) {
  const x509::Extension* names = extensions.find(x509::oid::subject_alternative_name);
  if (names == nullptr) {
    return std::nullopt;  // a name that is asked for is then a name_mismatch
  }
  const bool no_subject = x509::is_empty_name(x509::bytes_of(leaf.subject_raw));
  if (no_subject && !names->critical) {
    return bad("has no subject, so its subjectAltName has to be critical", "4.2.1.6");
  }
  if (is_gateway && !no_subject && names->critical) {
    return against_baseline("has a subject, so its subjectAltName must not be critical");
  }
  for (const GeneralName& name : names_of(leaf)) {
    // A malformed DNS name does no harm, because it never matches. A malformed mailbox or address might be
    // read as anything by somebody else.
    if (name.type != GeneralName::dns_name && !is_well_formed(name)) {
      return bad(fmt::format("has a malformed {} in its subjectAltName", in_words(name)), "4.2.1.6");
    }
  }
  return std::nullopt;
}

std::optional<Defect> extended_usage_defect(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions,
                                            bool is_gateway) {
  const PeerRole role = is_gateway ? PeerRole::gateway : PeerRole::client;
  const x509::Extension* usages = extensions.find(x509::oid::extended_key_usage);
  const std::string lacking = is_gateway ? "is not for servers (its extendedKeyUsage lacks serverAuth)"
                                         : "is not for clients (its extendedKeyUsage lacks clientAuth)";
  if (usages == nullptr) {
    // Otherwise any holder of a certificate from the same CA could pose as the gateway.
    return is_gateway ? std::optional(defect(VerifyReason::extended_key_usage,
                                             "does not say that it is for servers (it has no "
                                             "extendedKeyUsage; serverAuth is needed)"))
                      : std::nullopt;
  }
  const bool any = has_usage(leaf, any_usage);
  if (is_gateway && any) {
    return defect(VerifyReason::extended_key_usage,
                  "is for anything (anyExtendedKeyUsage), which a gateway's must not be");
  }
  if (!any && !has_usage(leaf, usage_of(role))) {
    return defect(VerifyReason::extended_key_usage, lacking);
  }
  if (is_gateway && usages->critical) {
    return against_baseline("has a critical extendedKeyUsage");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Defect> common_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position) {
  if (certificate.version != 3) {
    return defect(VerifyReason::malformed, fmt::format("is of X.509 version {}, not 3", certificate.version));
  }
  if (position != Position::anchor && !is_good_serial(certificate.serial)) {
    return bad("has a serial number that is not a positive one of at most 20 octets", "4.1.2.2");
  }
  if (x509::is_empty_name(x509::bytes_of(certificate.issuer_raw))) {
    return bad("has no issuer name", "4.1.2.4");
  }
  for (const x509::Extension& extension : extensions.all()) {
    if (extension.critical && !x509::is_known(extension)) {
      return defect(VerifyReason::unsupported_critical_extension,
                    fmt::format("has a critical extension that persona does not know ({})",
                                x509::oid_in_words(extension.oid)));
    }
  }
  if (extensions.find(x509::oid::policy_constraints) != nullptr) {
    return defect(VerifyReason::unsupported_critical_extension,
                  "has policyConstraints, which are not supported");
  }
  if (const x509::Extension* access = extensions.find(x509::oid::authority_information_access)) {
    if (access->critical || !is_information_access(access->value)) {
      return bad(
          access->critical ? "has a critical authorityInfoAccess" : "has a malformed authorityInfoAccess",
          "4.2.2.1");
    }
  }
  return key_identifier_defect(certificate, extensions, position);
}

std::optional<Defect> defect_in_place(const mbedtls_x509_crt& certificate, Position position, PeerRole role) {
  const auto extensions = x509::Extensions::read(x509::bytes_of(certificate.v3_ext));
  if (!extensions) {
    return defect(VerifyReason::bad_extension, "has malformed or repeated extensions");
  }
  auto gravest = common_defect(certificate, *extensions, position);
  auto other = position == Position::leaf ? leaf_defect(certificate, *extensions, role)
                                          : issuer_defect(certificate, *extensions, position, role);
  if (other && (!gravest || other->reason < gravest->reason)) {
    gravest = std::move(other);
  }
  return gravest;
}

std::optional<Defect> anchor_defect(const mbedtls_x509_crt& anchor, PeerRole role) {
  auto as_anchor = defect_in_place(anchor, Position::anchor, role);
  if (!as_anchor || !is_self_issued(anchor)) {
    return as_anchor;
  }
  auto as_leaf = defect_in_place(anchor, Position::leaf, role);
  const bool is_ca = mbedtls_x509_crt_get_ca_istrue(&anchor) == 1;
  return as_leaf && is_ca ? as_anchor : as_leaf;
}

std::optional<Defect> issuer_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position, PeerRole role) {
  if (const auto constraints = basic_constraints(extensions); !constraints || !constraints->is_ca) {
    return defect(VerifyReason::not_a_ca, "has issued a certificate but is not a CA (basicConstraints)");
  }
  if (!has_key_usage(certificate, MBEDTLS_X509_KU_KEY_CERT_SIGN)) {
    return defect(VerifyReason::not_a_ca,
                  "has issued a certificate but may not (its keyUsage lacks keyCertSign)");
  }
  if (!extensions.is_critical(x509::oid::basic_constraints)) {
    return bad("has basicConstraints that are not critical", "4.2.1.9");
  }
  if (x509::is_empty_name(x509::bytes_of(certificate.subject_raw))) {
    return bad("has no subject name", "4.1.2.6");
  }
  if (const x509::Extension* constraints = extensions.find(x509::oid::name_constraints)) {
    if (!constraints->critical) {
      return bad("has nameConstraints that are not critical", "4.2.1.10");
    }
    if (!NameConstraints::read(constraints->value)) {
      return bad("has malformed nameConstraints", "4.2.1.10");
    }
  }
  if (extensions.find(x509::oid::extended_key_usage) == nullptr) {
    return std::nullopt;
  }
  if (position == Position::anchor && is_self_issued(certificate)) {
    return against_baseline("is a root with an extendedKeyUsage");
  }
  if (!has_usage(certificate, any_usage) && !has_usage(certificate, usage_of(role))) {
    return defect(VerifyReason::extended_key_usage,
                  fmt::format("may not issue for {}s (its extendedKeyUsage lacks {})",
                              role == PeerRole::client ? "client" : "server",
                              role == PeerRole::client ? "clientAuth" : "serverAuth"));
  }
  return std::nullopt;
}

std::optional<Defect> leaf_defect(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions,
                                  PeerRole role) {
  const bool is_gateway = role == PeerRole::gateway;
  const auto constraints = basic_constraints(extensions);
  if (!constraints) {
    return bad("has malformed basicConstraints", "4.2.1.9");
  }
  const bool is_ca = constraints->is_ca;
  const bool has_usages = extensions.find(x509::oid::key_usage) != nullptr;
  const bool may_sign = has_usages && has_key_usage(leaf, MBEDTLS_X509_KU_KEY_CERT_SIGN);
  if (!has_key_usage(leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE)) {
    return defect(VerifyReason::key_usage, "is not for TLS (its keyUsage lacks digitalSignature)");
  }
  if (auto found = extended_usage_defect(leaf, extensions, is_gateway)) {
    return found;
  }
  if (has_usages && is_ca != may_sign) {
    return bad(is_ca ? "is a CA's, but its keyUsage lacks keyCertSign"
                     : "may sign certificates (keyCertSign) but is not a CA's",
               "4.2.1.9");
  }
  if (!is_ca && constraints->limits_paths) {
    return bad("limits the paths below it (pathLenConstraint) but is not a CA's", "4.2.1.9");
  }
  if (!is_ca && extensions.find(x509::oid::name_constraints) != nullptr) {
    return bad("has nameConstraints but is not a CA's", "4.2.1.10");
  }
  if (auto found = alternative_name_defect(leaf, extensions, is_gateway)) {
    return found;
  }
  // Without a subjectAltName, name_mismatch says more than this would.
  const bool has_names = extensions.find(x509::oid::subject_alternative_name) != nullptr;
  return is_gateway && has_names ? common_name_defect(leaf) : std::nullopt;
}

}  // namespace persona::trust
