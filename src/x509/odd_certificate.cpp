#include "persona/x509/odd_certificate.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <mbedtls/oid.h>

#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view oid;
  std::string_view name;
};

/// RFC 8410 section 3, RFC 4055 section 1.2, RFC 5480 appendix A.
constexpr std::array<Kind, 6> kinds{{{"\x2b\x65\x70"sv, "an Ed25519"},
                                     {"\x2b\x65\x71"sv, "an Ed448"},
                                     {"\x2b\x65\x6e"sv, "an X25519"},
                                     {"\x2b\x65\x6f"sv, "an X448"},
                                     {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv, "an RSA-PSS"},
                                     {"\x2a\x86\x48\xce\x38\x04\x01"sv, "a DSA"}}};

const Kind* kind_of(ByteView oid) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& one) { return one.oid == as_text(oid); });
  return found != kinds.end() ? &*found : nullptr;
}

/// The parts of a certificate that are looked at.
struct Parts {
  ByteView serial;
  ByteView signature_algorithm;  // an OID
  ByteView issuer;               // with header
  ByteView subject;              // with header
  AlgorithmIdentifier key;
};

std::optional<Parts> read_parts(ByteView der) {
  Parts parts;
  DerFault fault = DerFault::none;
  DerReader file(der, fault);
  DerReader certificate = file.enter(DerReader::sequence);
  file.finish();
  DerReader body = certificate.enter(DerReader::sequence);
  body.take(DerReader::constructed(0));  // version
  parts.serial = body.need(MBEDTLS_ASN1_INTEGER);
  parts.signature_algorithm = body.algorithm().oid;
  const auto whole_name = [&] {
    const ByteView before = body.rest();
    body.need(DerReader::sequence);
    return before.first(before.size() - body.rest().size());
  };
  parts.issuer = whole_name();
  body.need(DerReader::sequence);  // validity
  parts.subject = whole_name();
  DerReader key = body.enter(DerReader::sequence);
  parts.key = key.algorithm();
  key.need(MBEDTLS_ASN1_BIT_STRING);
  certificate.algorithm();
  certificate.need(MBEDTLS_ASN1_BIT_STRING);
  return fault == DerFault::none ? std::optional(parts) : std::nullopt;
}

bool is_known_curve(ByteView oid) {
  const mbedtls_asn1_buf curve{MBEDTLS_ASN1_OID, oid.size(),
                               const_cast<unsigned char*>(oid.data())};  // only read
  mbedtls_ecp_group_id group = MBEDTLS_ECP_DP_NONE;
  return mbedtls_oid_get_ec_grp(&curve, &group) == 0;
}

std::string oddity(const Parts& parts) {
  if (const Kind* kind = kind_of(parts.key.oid)) {
    return fmt::format("has {} key", kind->name);
  }
  if (as_text(parts.key.oid) == oid::ec_public_key) {
    if (parts.key.parameters_tag != MBEDTLS_ASN1_OID) {
      return "has an EC key whose curve is spelled out instead of named";
    }
    if (!is_known_curve(parts.key.parameters)) {
      return fmt::format("has an EC key on the curve {}", oid_in_words(parts.key.parameters));
    }
  }
  if (const Kind* kind = kind_of(parts.signature_algorithm)) {
    return fmt::format("has {} signature", kind->name);
  }
  return is_empty_name(parts.issuer) ? "does not name its issuer" : "";
}

}  // namespace

std::optional<OddCertificate> describe_odd_certificate(ByteView der) {
  const auto parts = read_parts(der);
  if (!parts) {
    return std::nullopt;
  }
  std::string name = name_in_words(parts->subject);
  if (name.empty()) {
    name = "serial " + serial_text(parts->serial);
  }
  return OddCertificate{std::move(name), oddity(*parts)};
}

}  // namespace persona::x509
