#include "persona/identity/pki.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/address.hpp"
#include "persona/base/bytes.hpp"
#include "persona/identity/random.hpp"
#include "private_key.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

constexpr std::size_t pem_capacity = 16'384;

void wipe(std::string& text) {
  mbedtls_platform_zeroize(text.data(), text.size());
}

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
  // Each before the others: mbedTLS writes the list from its end.
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

  std::deque<Bytes> values_;  // deques: what is in them stays where it is
  std::deque<mbedtls_x509_san_list> nodes_;
};

// mbedTLS's set functions return 0 or an error; the first error wins.
class Steps {
 public:
  Steps& operator<<(int status) {
    status_ = status_ != 0 ? status_ : status;
    return *this;
  }
  Result<void> result(std::string_view what) const {
    if (status_ < 0) {
      return fail(ErrorKind::internal, "cannot make {}: {}", what, mbedtls_reason(status_));
    }
    return {};
  }

 private:
  int status_ = 0;
};

// RFC 4514 form of "CN=<name>", with everything that has a meaning there escaped.
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

// X.509 time as mbedTLS takes it: YYYYMMDDhhmmss
std::string time_text(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Result<PrivateKey> generate_key() {
  PrivateKey key = new_private_key();
  Steps steps;
  steps << mbedtls_pk_setup(key.get(), mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  steps << mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), psa_random, nullptr);
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
    return fail(ErrorKind::internal, "cannot write a private key: {}", mbedtls_reason(status));
  }
  return pem;
}

/// What all certificates have in common: names, keys, serial, validity, key identifiers.
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
  steps << psa_random(nullptr, serial.data(), serial.size());
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3fU) | 0x40U);  // positive, and of full length
  const TimePoint start = now();
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&writer, basics.subject_key);
  mbedtls_x509write_crt_set_issuer_key(&writer, basics.issuer_key);
  steps << mbedtls_x509write_crt_set_serial_raw(&writer, serial.data(), serial.size());
  if (!basics.subject.empty()) {
    steps << mbedtls_x509write_crt_set_subject_name(&writer, basics.subject.c_str());
  }
  steps << mbedtls_x509write_crt_set_issuer_name(&writer, basics.issuer.c_str());
  steps << mbedtls_x509write_crt_set_validity(&writer, time_text(start + basics.valid_from).c_str(),
                                              time_text(start + basics.valid_for).c_str());
  steps << mbedtls_x509write_crt_set_subject_key_identifier(&writer);
  steps << mbedtls_x509write_crt_set_authority_key_identifier(&writer);
}

Result<std::string> certificate_pem(mbedtls_x509write_cert& writer) {
  std::string pem(pem_capacity, '\0');
  const int status = mbedtls_x509write_crt_pem(&writer, reinterpret_cast<unsigned char*>(pem.data()),
                                               pem.size(), psa_random, nullptr);
  if (status != 0) {
    return fail(ErrorKind::internal, "cannot write a certificate: {}", mbedtls_reason(status));
  }
  pem.resize(std::strlen(pem.c_str()));
  return pem;
}

Result<std::string> authority_certificate(const std::string& dn, mbedtls_pk_context& key,
                                          std::chrono::seconds valid_from, std::chrono::seconds valid_for) {
  CertificateWriter writer;
  Steps steps;
  set_basics(writer.context, {dn, dn, &key, &key, valid_from, valid_for}, steps);
  steps << mbedtls_x509write_crt_set_basic_constraints(&writer.context, 1, 0);
  steps << mbedtls_x509write_crt_set_key_usage(&writer.context,
                                               MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
  if (const auto made = steps.result("a CA certificate"); !made) {
    return tl::unexpected(made.error());
  }
  return certificate_pem(writer.context);
}

/// `issuer` empty: self-signed.
Result<PemPair> leaf(const IssueRequest& request, const std::string& issuer, mbedtls_pk_context* issuer_key) {
  auto key = generate_key();
  if (!key) {
    return tl::unexpected(key.error());
  }
  AlternativeNames names;
  if (const auto added = names.add(request); !added) {
    return tl::unexpected(added.error());
  }
  std::string usage_oid =
      request.usage == IssueRequest::Usage::client ? MBEDTLS_OID_CLIENT_AUTH : MBEDTLS_OID_SERVER_AUTH;
  mbedtls_asn1_sequence usage{};
  usage.buf.tag = MBEDTLS_ASN1_OID;
  usage.buf.p = reinterpret_cast<unsigned char*>(usage_oid.data());
  usage.buf.len = usage_oid.size();

  const std::string subject = common_name_dn(request.common_name);
  CertificateWriter writer;
  Steps steps;
  set_basics(writer.context,
             {subject, issuer.empty() ? subject : issuer, key->get(),
              issuer.empty() ? key->get() : issuer_key, request.valid_from, request.valid_for},
             steps);
  steps << mbedtls_x509write_crt_set_basic_constraints(&writer.context, 0, -1);
  steps << mbedtls_x509write_crt_set_key_usage(&writer.context, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
  steps << mbedtls_x509write_crt_set_ext_key_usage(&writer.context, &usage);
  if (names.list() != nullptr) {
    steps << mbedtls_x509write_crt_set_subject_alternative_name(&writer.context, names.list());
  }
  if (const auto made = steps.result("a certificate"); !made) {
    return tl::unexpected(made.error());
  }
  auto certificate = certificate_pem(writer.context);
  if (!certificate) {
    return tl::unexpected(certificate.error());
  }
  auto private_key = key_pem(**key);
  if (!private_key) {
    return tl::unexpected(private_key.error());
  }
  PemPair pair;
  pair.certificate = std::move(*certificate);
  pair.private_key = std::move(*private_key);
  return pair;
}

}  // namespace

PemPair& PemPair::operator=(PemPair&& other) noexcept {
  if (this != &other) {
    wipe(private_key);
    certificate = std::move(other.certificate);
    private_key = std::move(other.private_key);
  }
  return *this;
}

PemPair::~PemPair() {
  wipe(private_key);
}

struct Authority::Impl {
  std::string dn;
  PrivateKey key;
  std::string certificate;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Result<Authority> Authority::create(const std::string& common_name, std::chrono::seconds valid_for,
                                    std::chrono::seconds valid_from) {
  auto key = generate_key();
  if (!key) {
    return tl::unexpected(key.error());
  }
  auto impl = std::make_unique<Impl>();
  impl->dn = common_name_dn(common_name);
  impl->key = std::move(*key);
  auto certificate = authority_certificate(impl->dn, *impl->key, valid_from, valid_for);
  if (!certificate) {
    return tl::unexpected(certificate.error());
  }
  impl->certificate = std::move(*certificate);
  return Authority(std::move(impl));
}

const std::string& Authority::certificate_pem() const {
  return impl_->certificate;
}

Result<PemPair> Authority::issue(const IssueRequest& request) const {
  return leaf(request, impl_->dn, impl_->key.get());
}

Result<PemPair> issue_self_signed(const IssueRequest& request) {
  return leaf(request, {}, nullptr);
}

}  // namespace persona::identity
