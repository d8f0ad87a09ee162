#include "persona/x509/certificate.hpp"

#include <algorithm>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"
#include "spki.hpp"

namespace persona::x509 {

namespace {

bool allows(const mbedtls_x509_crt& certificate, const char* usage_oid, std::size_t oid_size) {
  return mbedtls_x509_crt_check_extended_key_usage(&certificate, usage_oid, oid_size) == 0;
}

}  // namespace

CertificateInfo describe(const mbedtls_x509_crt& certificate) {
  CertificateInfo info;
  info.name = display_name(certificate);
  info.subject = name_in_words(certificate.subject);
  info.issuer = name_in_words(certificate.issuer);
  info.serial = serial_text({certificate.serial.p, certificate.serial.len});
  info.not_before = to_time_point(certificate.valid_from);
  info.not_after = to_time_point(certificate.valid_to);
  for_each_alternative_name(certificate, [&](int type, ByteView value) {
    switch (type) {
      case MBEDTLS_X509_SAN_DNS_NAME:
        info.dns_names.push_back(escape(as_text(value)));
        break;
      case MBEDTLS_X509_SAN_IP_ADDRESS:
        info.ip_addresses.push_back(address_in_words(value));
        break;
      case MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER:
        info.uris.push_back(escape(as_text(value)));
        break;
      default:
        break;
    }
    return true;
  });
  info.key = key_in_words(certificate.pk);
  info.spki_pin = spki_pin_of(certificate).to_string();
  info.for_clients = allows(certificate, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
  info.for_servers = allows(certificate, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
  return info;
}

SpkiPin spki_pin_of(const mbedtls_x509_crt& certificate) {
  return spki_pin({certificate.pk_raw.p, certificate.pk_raw.len});
}

std::string display_name(const mbedtls_x509_crt& certificate) {
  std::string name = name_in_words(certificate.subject);
  if (name.empty()) {
    for_each_alternative_name(certificate, [&](int type, ByteView value) {
      if (type == MBEDTLS_X509_SAN_IP_ADDRESS) {
        name = address_in_words(value);
      } else if (type == MBEDTLS_X509_SAN_DNS_NAME || type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER) {
        name = escape(as_text(value));
      }
      return name.empty();
    });
  }
  return name.empty() ? "serial " + serial_text({certificate.serial.p, certificate.serial.len}) : name;
}

TimePoint not_after(const mbedtls_x509_crt& certificate) {
  return to_time_point(certificate.valid_to);
}

CertificateList::CertificateList() = default;
CertificateList::~CertificateList() = default;
CertificateList::CertificateList(CertificateList&&) noexcept = default;
CertificateList& CertificateList::operator=(CertificateList&&) noexcept = default;

void CertificateList::Deleter::operator()(mbedtls_x509_crt* list) const {
  mbedtls_x509_crt_free(list);
  delete list;
}

bool CertificateList::empty() const {
  return list_ == nullptr;
}

std::size_t CertificateList::size() const {
  std::size_t count = 0;
  for (const mbedtls_x509_crt* certificate = get(); certificate != nullptr; certificate = certificate->next) {
    ++count;
  }
  return count;
}

mbedtls_x509_crt* CertificateList::get() const {
  return list_.get();
}

std::vector<CertificateInfo> CertificateList::describe() const {
  std::vector<CertificateInfo> infos;
  for (const mbedtls_x509_crt* certificate = get(); certificate != nullptr; certificate = certificate->next) {
    infos.push_back(x509::describe(*certificate));
  }
  return infos;
}

Result<void> CertificateList::append_der(ByteView certificate) {
  std::unique_ptr<mbedtls_x509_crt, Deleter> first;
  if (list_ == nullptr) {
    first.reset(new mbedtls_x509_crt);
    mbedtls_x509_crt_init(first.get());
  }
  const int status = parse_certificate(first == nullptr ? *list_ : *first, certificate);
  if (status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  if (first != nullptr) {
    list_ = std::move(first);
  }
  return {};
}

Result<void> CertificateList::append_pem(std::string_view pem, std::string_view source) {
  auto blocks = find_pem_blocks(pem);
  if (!blocks) {
    return fail(ErrorKind::configuration, "{} {}", source, blocks.error().message);
  }
  // Into a list of its own first, so that a failure leaves this one as it was.
  std::unique_ptr<mbedtls_x509_crt, Deleter> added;
  const auto parse = [&](ByteView der) {
    if (added == nullptr) {
      added.reset(new mbedtls_x509_crt);
      mbedtls_x509_crt_init(added.get());
    }
    return parse_certificate(*added, der);
  };

  std::size_t number = 0;
  for (const PemBlock& block : *blocks) {
    if (block.label == "TRUSTED CERTIFICATE" || block.label == "X509 CERTIFICATE") {
      return fail(ErrorKind::configuration, "{} has a {} (line {}): convert it with openssl x509", source,
                  block.label, block.line);
    }
    if (block.label != "CERTIFICATE") {
      continue;  // a private key in the same file, parameters
    }
    ++number;
    const auto der = pem_content(block.text, block.label);
    const int status = der ? parse(*der) : 0;
    if (!der || status != 0) {
      return fail(ErrorKind::configuration, "certificate {} in {} (line {}) cannot be parsed: {}", number,
                  source, block.line, der ? mbedtls_reason(status) : der.error().message);
    }
  }
  if (blocks->empty() && !pem.empty() && parse(as_bytes(pem)) == 0) {
    number = 1;  // DER
  }
  if (number == 0) {
    return fail(ErrorKind::configuration, "{} contains {}", source, instead_of_certificate(*blocks));
  }

  std::unique_ptr<mbedtls_x509_crt, Deleter>& head = list_;
  if (head == nullptr) {
    head = std::move(added);
    return {};
  }
  // Only the head of a list is ours; mbedTLS allocates and frees the others itself. So re-parse behind our
  // last.
  for (const mbedtls_x509_crt* certificate = added.get(); certificate != nullptr;
       certificate = certificate->next) {
    if (parse_certificate(*head, {certificate->raw.p, certificate->raw.len}) != 0) {
      return fail(ErrorKind::internal, "no memory for the certificates in {}", source);
    }
  }
  return {};
}

}  // namespace persona::x509
