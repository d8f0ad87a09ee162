#include "persona/x509/certificate.hpp"

#include <algorithm>

#include <mbedtls/oid.h>
#include <mbedtls/platform.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/text.hpp"
#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/odd_certificate.hpp"
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

bool is_blank(ByteView bytes) {
  return as_text(bytes).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Result<void> cannot_be_parsed(std::size_t number, std::string_view source, std::string_view place,
                              std::string_view why) {
  return fail(ErrorKind::configuration, "certificate {} in {} {} cannot be parsed: {}", number, source, place,
              why);
}

std::string left_out_sentence(const OddCertificate& odd, std::string_view source, std::string_view place,
                              std::string_view why) {
  return fmt::format(
      "certificate is left out, because it {}: {}, in {} {}",
      odd.why.empty() ? fmt::format("cannot be parsed ({})", why) : odd.why + ", which is not supported",
      odd.name, source, place);
}

/// The first DER element, with its header; everything if it is none.
ByteView first_element(ByteView der) {
  DerReader reader(der);
  return reader.take_any() ? der.first(der.size() - reader.rest().size()) : der;
}

bool has_common_name(const mbedtls_x509_crt& certificate) {
  for (const mbedtls_x509_name* part = &certificate.subject; part != nullptr; part = part->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0) {
      return true;
    }
  }
  return false;
}

/// Its only URI, if that is one; else empty (X509-SVID section 2).
std::string spiffe_id_of(const mbedtls_x509_crt& certificate) {
  std::string id;
  std::size_t uris = 0;
  for_each_alternative_name(certificate, [&](int type, ByteView value) {
    if (type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER) {
      ++uris;
      id = as_text(value).starts_with("spiffe://") ? escape(as_text(value)) : "";
    }
    return uris < 2;
  });
  return uris == 1 ? id : "";
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

CertificateIds ids_of(const mbedtls_x509_crt& certificate) {
  return {serial_text({certificate.serial.p, certificate.serial.len}), spki_pin_of(certificate).to_string(),
          common_name_of(certificate)};
}

std::string common_name_of(const mbedtls_x509_crt& certificate) {
  constexpr std::size_t longest = 255;
  const mbedtls_x509_name* found = nullptr;
  for (const mbedtls_x509_name* part = &certificate.subject; part != nullptr; part = part->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) != 0) {
      continue;
    }
    if (found != nullptr) {
      return "";
    }
    found = part;
  }
  // The types whose bytes are UTF-8 (RFC 5280 section 4.1.2.4); the others are obsolete.
  const bool is_text = found != nullptr && (found->val.tag == MBEDTLS_ASN1_UTF8_STRING ||
                                            found->val.tag == MBEDTLS_ASN1_PRINTABLE_STRING ||
                                            found->val.tag == MBEDTLS_ASN1_IA5_STRING);
  const std::string_view name = is_text ? as_text({found->val.p, found->val.len}) : std::string_view();
  return name.size() <= longest && printable(name) == name ? std::string(name) : "";
}

SpkiPin spki_pin_of(const mbedtls_x509_crt& certificate) {
  return spki_pin({certificate.pk_raw.p, certificate.pk_raw.len});
}

std::string display_name(const mbedtls_x509_crt& certificate) {
  std::string name = has_common_name(certificate) ? "" : spiffe_id_of(certificate);
  if (name.empty()) {
    name = name_in_words(certificate.subject);
  }
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

TimePoint not_before(const mbedtls_x509_crt& certificate) {
  return to_time_point(certificate.valid_from);
}

TimePoint not_after(const mbedtls_x509_crt& certificate) {
  return to_time_point(certificate.valid_to);
}

std::optional<std::size_t> path_length_limit(const mbedtls_x509_crt& certificate) {
  // mbedTLS has no accessor for it. The field is one more than the extension's value; 0 means no limit.
  const int length = certificate.MBEDTLS_PRIVATE(max_pathlen);
  return length > 0 ? std::optional(static_cast<std::size_t>(length) - 1) : std::nullopt;
}

CertificateList::CertificateList() = default;
CertificateList::~CertificateList() = default;
CertificateList::CertificateList(CertificateList&&) noexcept = default;
CertificateList& CertificateList::operator=(CertificateList&&) noexcept = default;

void CertificateList::Deleter::operator()(mbedtls_x509_crt* list) const {
  mbedtls_x509_crt_free(list);  // frees the chained ones, but takes the first to be its caller's
  mbedtls_free(list);
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

// The first is allocated as mbedTLS allocates the others: once lists are joined, mbedTLS frees it with them.
Result<void> CertificateList::parse_onto(Owner& list, ByteView certificate) {
  Owner first;
  if (list == nullptr) {
    first.reset(static_cast<mbedtls_x509_crt*>(mbedtls_calloc(1, sizeof(mbedtls_x509_crt))));
    if (first == nullptr) {
      return fail(ErrorKind::internal, "no memory for a certificate");
    }
    mbedtls_x509_crt_init(first.get());
  }
  if (const int status = parse_certificate(first == nullptr ? *list : *first, certificate); status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  if (first != nullptr) {
    list = std::move(first);
  }
  return {};
}

Result<void> CertificateList::append_der(ByteView certificate) {
  return parse_onto(list_, certificate);
}

void CertificateList::append(CertificateList other) {
  if (list_ == nullptr) {
    list_ = std::move(other.list_);
    return;
  }
  mbedtls_x509_crt* last = list_.get();
  while (last->next != nullptr) {
    last = last->next;
  }
  last->next = other.list_.release();
}

Result<void> CertificateList::append_pem(std::string_view pem, std::string_view source) {
  return append_all(pem, source, nullptr);
}

Result<void> CertificateList::append_readable_pem(std::string_view pem, std::string_view source,
                                                  std::vector<std::string>& left_out) {
  return append_all(pem, source, &left_out);
}

Result<void> CertificateList::append_all(std::string_view pem, std::string_view source,
                                         std::vector<std::string>* left_out) {
  auto blocks = find_pem_blocks(pem);
  if (!blocks) {
    return fail(ErrorKind::configuration, "{} {}", source, blocks.error().message);
  }
  CertificateList added;  // apart, so that a failure leaves this list unchanged
  std::size_t number = 0;
  const auto add = [&](ByteView der, std::string_view place) -> Result<void> {
    const auto parsed = added.append_der(der);
    const auto odd = parsed || left_out == nullptr ? std::nullopt : describe_odd_certificate(der);
    if (odd) {
      left_out->push_back(left_out_sentence(*odd, source, place, parsed.error().message));
      return {};
    }
    return parsed ? Result<void>() : cannot_be_parsed(number, source, place, parsed.error().message);
  };
  for (const PemBlock& block : *blocks) {
    if (block.label == "TRUSTED CERTIFICATE" || block.label == "X509 CERTIFICATE") {
      return fail(ErrorKind::configuration,
                  "{} has a {} (line {}): convert it with openssl x509 -in {} -out NEW.pem", source,
                  block.label, block.line, shell_word(source));
    }
    if (block.label != "CERTIFICATE") {
      continue;  // for example a private key in the same file
    }
    ++number;
    const std::string place = fmt::format("(line {})", block.line);
    const auto der = pem_content(block.text, block.label);
    auto done = der ? add(*der, place) : cannot_be_parsed(number, source, place, der.error().message);
    if (!done) {
      return done;
    }
  }
  if (blocks->empty() && pem.starts_with(static_cast<char>(DerReader::sequence))) {
    for (ByteView rest = as_bytes(pem); !is_blank(rest);) {
      const ByteView one = first_element(rest);
      rest = rest.subspan(one.size());
      ++number;
      if (auto done = add(one, "(not PEM, so taken for DER)"); !done) {
        return done;
      }
    }
  }
  if (number == 0) {
    return fail(ErrorKind::configuration, "{} contains {}", source, instead_of_certificate(*blocks));
  }

  append(std::move(added));
  return {};
}

}  // namespace persona::x509
