#include "certificate_writer.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform_util.h>

#include "persona/base/address.hpp"
#include "persona/base/bytes.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/der_writer.hpp"
#include "persona/x509/words.hpp"

namespace persona::authority {

namespace {

constexpr std::size_t pem_capacity = 65'536;  // enough for a few hundred names
constexpr std::size_t extension_capacity = 16'384;

struct CertificateWriter {
  mbedtls_x509write_cert context;

  CertificateWriter() { mbedtls_x509write_crt_init(&context); }
  ~CertificateWriter() { mbedtls_x509write_crt_free(&context); }
  CertificateWriter(const CertificateWriter&) = delete;
  CertificateWriter& operator=(const CertificateWriter&) = delete;
};

/// The subjectAltName list of a request, in the linked form that mbedTLS reads.
class AlternativeNames {
 public:
  Result<void> add(const IssueRequest& request) {
    for (const std::string& name : request.dns_names) {
      prepend(MBEDTLS_X509_SAN_DNS_NAME, as_bytes(name));
    }
    for (const std::string& text : request.ip_addresses) {
      const auto address = IpAddress::parse(text);
      if (!address) {
        return fail(ErrorKind::internal, "{} is not an IP address", text);
      }
      const bool v6 = text.find(':') != std::string::npos;
      const ByteView octets(address->octets());
      prepend(MBEDTLS_X509_SAN_IP_ADDRESS, v6 ? octets : octets.last(4));
    }
    for (const std::string& uri : request.uris) {
      prepend(MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER, as_bytes(uri));
    }
    return {};
  }

  const mbedtls_x509_san_list* list() const { return nodes_.empty() ? nullptr : &nodes_.back(); }

 private:
  // mbedTLS writes the list back to front, so the certificate has the names in the request's order.
  void prepend(int type, ByteView value) {
    Bytes& copy = values_.emplace_back(value.begin(), value.end());
    mbedtls_x509_san_list node{};
    node.node.type = type;
    node.node.san.unstructured_name.tag = type;
    node.node.san.unstructured_name.p = copy.data();
    node.node.san.unstructured_name.len = copy.size();
    node.next = nodes_.empty() ? nullptr : &nodes_.back();
    nodes_.push_back(node);
  }

  std::deque<Bytes> values_;  // deques never move their elements, which `next` and `p` point at
  std::deque<mbedtls_x509_san_list> nodes_;
};

// Collects the results of mbedTLS's set functions; the first error sticks.
class Steps {
 public:
  Steps& operator<<(int status) {
    status_ = status_ != 0 ? status_ : status;
    return *this;
  }
  Result<void> result(std::string_view what) const {
    if (status_ < 0) {
      return fail(ErrorKind::internal, "cannot make {}: {}", what, x509::mbedtls_reason(status_));
    }
    return {};
  }

 private:
  int status_ = 0;
};

// The form in which mbedTLS takes times: YYYYMMDDhhmmss
std::string validity_text(x509::TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// What all certificates need: names, keys, validity; set_basics() adds a serial and key identifiers.
struct Basics {
  std::string subject;  ///< DN; may be empty
  std::string issuer;
  mbedtls_pk_context* subject_key = nullptr;
  mbedtls_pk_context* issuer_key = nullptr;
  std::chrono::seconds valid_from{};
  std::chrono::seconds valid_for{};
};

void set_basics(mbedtls_x509write_cert& writer, const Basics& basics, Steps& steps) {
  std::array<unsigned char, 16> serial{};
  steps << x509::psa_random(nullptr, serial.data(), serial.size());
  // Positive (RFC 5280 section 4.1.2.2), and always of full length.
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3fU) | 0x40U);
  const x509::TimePoint start = x509::now();
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&writer, basics.subject_key);
  mbedtls_x509write_crt_set_issuer_key(&writer, basics.issuer_key);
  steps << mbedtls_x509write_crt_set_serial_raw(&writer, serial.data(), serial.size());
  if (!basics.subject.empty()) {
    steps << mbedtls_x509write_crt_set_subject_name(&writer, basics.subject.c_str());
  }
  steps << mbedtls_x509write_crt_set_issuer_name(&writer, basics.issuer.c_str());
  steps << mbedtls_x509write_crt_set_validity(&writer, validity_text(start + basics.valid_from).c_str(),
                                              validity_text(start + basics.valid_for).c_str());
  steps << mbedtls_x509write_crt_set_subject_key_identifier(&writer);
  steps << mbedtls_x509write_crt_set_authority_key_identifier(&writer);
}

Result<std::string> certificate_pem(mbedtls_x509write_cert& writer) {
  std::string pem(pem_capacity, '\0');
  const int status = mbedtls_x509write_crt_pem(&writer, reinterpret_cast<unsigned char*>(pem.data()),
                                               pem.size(), x509::psa_random, nullptr);
  if (status != 0) {
    return fail(ErrorKind::internal, "cannot write a certificate: {}", x509::mbedtls_reason(status));
  }
  pem.resize(std::strlen(pem.c_str()));
  return pem;
}

Result<void> set_extension(mbedtls_x509write_cert& writer, std::string_view oid, bool critical,
                           const x509::DerWriter& value) {
  if (value.error() != 0) {
    return fail(ErrorKind::internal, "cannot write an extension: {}", x509::mbedtls_reason(value.error()));
  }
  Steps steps;
  steps << mbedtls_x509write_crt_set_extension(&writer, oid.data(), oid.size(), critical ? 1 : 0,
                                               value.bytes().data(), value.bytes().size());
  return steps.result("a certificate");
}

// mbedTLS's own writer makes basicConstraints critical for CAs only.
Result<void> set_no_authority(mbedtls_x509write_cert& writer) {
  x509::DerWriter der(16);
  der.wrap(x509::DerWriter::sequence, 0);  // cA defaults to FALSE, which DER omits
  return set_extension(writer, MBEDTLS_OID_BASIC_CONSTRAINTS, true, der);
}

// mbedTLS's own writer always makes extendedKeyUsage critical; trust/ refuses that for gateways.
Result<void> set_extended_usage(mbedtls_x509write_cert& writer, IssueRequest::Usage usage) {
  x509::DerWriter der(64);
  if (usage != IssueRequest::Usage::server) {
    der.oid(MBEDTLS_OID_CLIENT_AUTH);
  }
  if (usage != IssueRequest::Usage::client) {
    der.oid(MBEDTLS_OID_SERVER_AUTH);
  }
  der.wrap(x509::DerWriter::sequence, 0);
  return set_extension(writer, MBEDTLS_OID_EXTENDED_KEY_USAGE, false, der);
}

// RFC 5280 section 4.2.1.10
Result<void> set_permitted_names(mbedtls_x509write_cert& writer, const std::vector<std::string>& dns_names) {
  x509::DerWriter der(extension_capacity);
  for (auto name = dns_names.rbegin(); name != dns_names.rend(); ++name) {
    const std::size_t end = der.size();
    der.raw(as_bytes(*name));
    der.wrap(MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME, end);
    der.wrap(x509::DerWriter::sequence, end);  // GeneralSubtree; minimum 0 is the default
  }
  der.wrap(x509::DerWriter::constructed(0), 0);  // permittedSubtrees
  der.wrap(x509::DerWriter::sequence, 0);
  return set_extension(writer, MBEDTLS_OID_NAME_CONSTRAINTS, true, der);
}

}  // namespace

std::string common_name_dn(std::string_view common_name) {
  if (common_name.empty()) {
    return {};
  }
  std::string dn = "CN=";
  for (const char character : common_name) {
    if (std::strchr(",=+<>#;\"\\ ", character) != nullptr && character != '\0') {
      dn += '\\';
    }
    dn += character;
  }
  return dn;
}

Result<x509::PrivateKey> generate_key() {
  x509::PrivateKey key = x509::new_private_key();
  Steps steps;
  steps << mbedtls_pk_setup(key.get(), mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  steps << mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), x509::psa_random, nullptr);
  if (const auto made = steps.result("a private key"); !made) {
    return tl::unexpected(made.error());
  }
  return key;
}

Result<std::string> key_pem(const mbedtls_pk_context& key) {
  std::array<unsigned char, 4096> buffer{};
  const int status = mbedtls_pk_write_key_pem(&key, buffer.data(), buffer.size());
  std::string pem(reinterpret_cast<const char*>(buffer.data()));
  mbedtls_platform_zeroize(buffer.data(), buffer.size());
  if (status != 0) {
    return fail(ErrorKind::internal, "cannot write a private key: {}", x509::mbedtls_reason(status));
  }
  return pem;
}

Result<std::string> write_authority_certificate(const AuthorityRequest& request, mbedtls_pk_context& key) {
  const std::string dn = common_name_dn(request.common_name);
  CertificateWriter writer;
  Steps steps;
  set_basics(writer.context, {dn, dn, &key, &key, request.valid_from, request.valid_for}, steps);
  steps << mbedtls_x509write_crt_set_basic_constraints(&writer.context, 1, 0);
  steps << mbedtls_x509write_crt_set_key_usage(&writer.context,
                                               MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
  auto made = steps.result("a CA certificate");
  if (made && !request.permitted_dns_names.empty()) {
    made = set_permitted_names(writer.context, request.permitted_dns_names);
  }
  if (!made) {
    return tl::unexpected(made.error());
  }
  return certificate_pem(writer.context);
}

Result<std::string> write_leaf_certificate(const IssueRequest& request, mbedtls_pk_context& subject_key,
                                           const Issuer& issuer) {
  AlternativeNames names;
  if (const auto added = names.add(request); !added) {
    return tl::unexpected(added.error());
  }
  const std::string subject = common_name_dn(request.common_name);
  const bool self_signed = issuer.key == nullptr;
  CertificateWriter writer;
  Steps steps;
  set_basics(writer.context,
             {subject, self_signed ? subject : issuer.dn, &subject_key,
              self_signed ? &subject_key : issuer.key, request.valid_from, request.valid_for},
             steps);
  steps << mbedtls_x509write_crt_set_key_usage(&writer.context, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
  if (names.list() != nullptr) {
    steps << mbedtls_x509write_crt_set_subject_alternative_name(&writer.context, names.list());
  }
  auto made = steps.result("a certificate");
  if (made) {
    made = set_no_authority(writer.context);
  }
  if (made) {
    made = set_extended_usage(writer.context, request.usage);
  }
  if (!made) {
    return tl::unexpected(made.error());
  }
  return certificate_pem(writer.context);
}

}  // namespace persona::authority
