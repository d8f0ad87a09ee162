#include "persona/x509/foreign_form.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <mbedtls/base64.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/pkcs12.hpp"

namespace persona::x509 {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view white = " \t\r\n"sv;
constexpr std::string_view pem_begin = "-----BEGIN "sv;
constexpr std::string_view jks_magic = "\xfe\xed\xfe\xed"sv;
constexpr std::string_view jceks_magic = "\xce\xce\xce\xce"sv;

bool is_key_store(std::string_view content) {
  return content.starts_with(jks_magic) || content.starts_with(jceks_magic);
}

bool is_sequence(std::string_view der) {
  return der.starts_with(static_cast<char>(DerReader::sequence));
}

/// CertificationRequest (RFC 2986 section 4): version 0, a name and a key. A certificate has an algorithm
/// where that name is, or no version of that tag at all.
bool is_request(std::string_view der) {
  DerReader file(as_bytes(der));
  const auto request = file.take(DerReader::sequence);
  const auto info = request ? DerReader(*request).take(DerReader::sequence) : std::nullopt;
  if (!info) {
    return false;
  }
  DerReader fields(*info);
  const auto version = fields.take(MBEDTLS_ASN1_INTEGER);
  if (!version || as_text(*version) != "\0"sv || !fields.take(DerReader::sequence)) {
    return false;
  }
  const auto key = fields.take(DerReader::sequence);
  DerReader of_key(key.value_or(ByteView()));
  return of_key.take(DerReader::sequence) && of_key.take(MBEDTLS_ASN1_BIT_STRING);
}

/// SubjectPublicKeyInfo and signature aside, a certificate is the only thing that begins so: TBSCertificate
/// with an explicit version (RFC 5280 section 4.1).
bool is_certificate(std::string_view der) {
  const auto certificate = DerReader(as_bytes(der)).take(DerReader::sequence);
  const auto body = certificate ? DerReader(*certificate).take(DerReader::sequence) : std::nullopt;
  return body && DerReader(*body).next_is(DerReader::constructed(0));
}

/// PKCS#8, PKCS#1 or SEC 1, not encrypted: a version and then the key or what kind it is.
bool is_plain_private_key(std::string_view der) {
  const auto content = DerReader(as_bytes(der)).take(DerReader::sequence);
  DerReader fields(content.value_or(ByteView()));
  const auto version = fields.take(MBEDTLS_ASN1_INTEGER);
  return version && version->size() == 1 && version->front() <= 1 && !is_pkcs12(der);
}

/// The first bytes that Base64 stands for, if the whole text is Base64 and what it stands for is one of our
/// files.
std::optional<std::string> first_of_base64(std::string_view content) {
  constexpr std::size_t looked_at = 64;
  std::string head;
  std::size_t characters = 0;
  for (const char character : content) {
    const bool inside =
        is_letter_or_digit(character) || character == '+' || character == '/' || character == '=';
    if (!inside && white.find(character) == std::string_view::npos) {
      return std::nullopt;
    }
    if (inside && ++characters <= looked_at) {
      head += character;
    }
  }
  std::array<unsigned char, looked_at> bytes{};
  std::size_t size = 0;
  if (head.size() < looked_at ||
      mbedtls_base64_decode(bytes.data(), bytes.size(), &size,
                            reinterpret_cast<const unsigned char*>(head.data()), head.size()) != 0) {
    return std::nullopt;
  }
  std::string first(as_text({bytes.data(), size}));
  return first.starts_with(pem_begin) || is_sequence(first) || is_key_store(first)
             ? std::optional(std::move(first))
             : std::nullopt;
}

bool has_escaped_line_ends(std::string_view content) {
  const std::size_t begin = content.find(pem_begin);
  if (begin == std::string_view::npos) {
    return false;
  }
  const std::size_t end = content.find("-----"sv, begin + pem_begin.size());
  const std::string_view rest = content.substr(std::min(end, content.size()));
  return rest.starts_with("-----\\n"sv) || rest.starts_with("-----\\r\\n"sv);
}

/// The label of the first block, or nothing.
std::string_view first_label(std::string_view content) {
  const std::size_t begin = content.find(pem_begin);
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view label = content.substr(begin + pem_begin.size());
  return label.substr(0, label.find("-----"sv));
}

class Describing {
 public:
  Describing(std::string_view content, std::string_view source, Wanted wanted)
      : content_(content), source_(source), file_(shell_word(source)), wanted_(wanted) {}

  std::optional<std::string> sentence() const {
    if (is_key_store(content_)) {
      return key_store();
    }
    if (is_pkcs12(content_) || first_label(content_) == "PKCS12") {
      return pkcs12();
    }
    if (has_escaped_line_ends(content_)) {
      return fmt::format(
          R"({} has "\n" where lines should end: convert it with {}sed 's/\\r//g;s/\\n/\n/g' {} > NEW.pem)",
          source_, privately(), file_);
    }
    if (const auto first = first_of_base64(content_)) {
      return base64(*first);
    }
    return is_sequence(content_) ? der() : pem();
  }

 private:
  /// Whether others may read a new file is the shell's business, and Windows' folders' there.
  std::string_view privately() const {
    const bool secret = wanted_ == Wanted::identity || wanted_ == Wanted::private_key;
    return secret && std::filesystem::path::preferred_separator == '/' ? "umask 077; " : "";
  }

  std::string key_store() const {
    const std::string_view type = content_.starts_with(jceks_magic) ? "JCEKS" : "JKS";
    if (wanted_ == Wanted::ca) {
      return fmt::format(
          "{} is a Java key store ({}): take its certificates with keytool -list -rfc -storetype {} "
          "-keystore {} > "
          "NEW.pem",
          source_, type, type, file_);
    }
    if (wanted_ == Wanted::crl) {
      return fmt::format("{} is a Java key store ({}), and those have no CRLs", source_, type);
    }
    return fmt::format(
        "{} is a Java key store ({}): make a PKCS#12 file of it, for identity.certificate without "
        "identity.private_key, with {}keytool -importkeystore -srcstoretype {} -srckeystore {} "
        "-deststoretype PKCS12 "
        "-destkeystore NEW.p12",
        source_, type, privately(), type, file_);
  }

  std::optional<std::string> pkcs12() const {
    if (wanted_ != Wanted::ca) {
      return std::nullopt;  // read, or refused with better sentences
    }
    return fmt::format(
        "{} is a PKCS#12 file: take its certificates with openssl pkcs12 {}-in {} -nokeys -out NEW.pem",
        source_, has_legacy_encryption(content_) ? "-legacy " : "", file_);
  }

  std::string base64(std::string_view first) const {
    const bool one_line =
        content_.substr(0, content_.find_last_not_of(white) + 1).find('\n') == std::string_view::npos;
    const std::string_view ending = first.starts_with(pem_begin) ? "pem"
                                    : is_key_store(first)        ? "jks"
                                    : is_pkcs12(first)           ? "p12"
                                                                 : "der";
    return fmt::format("{} is Base64 of {}: decode it with {}openssl base64 -d {}-in {} -out NEW.{}", source_,
                       ending == "pem" ? "PEM (as in a Kubernetes Secret)" : "a binary file", privately(),
                       one_line ? "-A " : "", file_, ending);
  }

  std::optional<std::string> der() const {
    if (is_pkcs7(content_)) {
      return pkcs7("-inform DER ");
    }
    if (is_request(content_)) {
      return request("-inform DER ");
    }
    if (wanted_ != Wanted::private_key && is_plain_private_key(content_)) {
      return fmt::format("{} contains a private key, not a {}", source_,
                         wanted_ == Wanted::crl ? "CRL" : "certificate");
    }
    if ((wanted_ == Wanted::private_key || wanted_ == Wanted::crl) && is_certificate(content_)) {
      return fmt::format("{} contains a certificate, not a {}", source_,
                         wanted_ == Wanted::crl ? "CRL" : "private key");
    }
    return std::nullopt;
  }

  std::optional<std::string> pem() const {
    const auto blocks = find_pem_blocks(content_);
    if (!blocks) {
      return std::nullopt;
    }
    for (const PemBlock& block : *blocks) {
      if (block.label == "PKCS7") {
        return pkcs7("");
      }
      if (block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST") {
        return request("");
      }
      if (block.label == "CERTIFICATE" && wanted_ != Wanted::private_key) {
        const auto content = pem_content(block.text, block.label);  // some CAs label PKCS#7 so
        if (content && is_pkcs7(as_text(*content))) {
          return pkcs7("");
        }
      }
    }
    return std::nullopt;
  }

  std::string pkcs7(std::string_view form) const {
    if (wanted_ == Wanted::private_key) {
      return fmt::format("{} is a PKCS#7 bundle of certificates, which has no private key", source_);
    }
    return fmt::format(
        "{} is a PKCS#7 bundle: convert it with openssl pkcs7 {}-in {} -print_certs -out NEW.pem", source_,
        form, file_);
  }

  std::string request(std::string_view form) const {
    if (wanted_ == Wanted::private_key || wanted_ == Wanted::crl) {
      return fmt::format("{} contains a certificate request, not a {}", source_,
                         wanted_ == Wanted::crl ? "CRL" : "private key");
    }
    return fmt::format(
        "{} contains a certificate request, not a certificate: let the CA sign it and name what it returns; "
        "with a CA "
        "of your own you sign it with openssl x509 -req {}-in {} -CA CA.crt -CAkey CA.key -days 90 "
        "-copy_extensions "
        "copy -out NEW.pem",
        source_, form, file_);
  }

  std::string_view content_;
  std::string_view source_;
  std::string file_;
  Wanted wanted_;
};

}  // namespace

bool is_pkcs7(std::string_view der) {
  constexpr std::string_view signed_data = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;
  if (der.size() < 2 || !is_sequence(der)) {
    return false;
  }
  const auto length = static_cast<unsigned char>(der[1]);
  const std::size_t further = length < 0x80 ? 0 : length & 0x7fU;
  return further <= 4 && der.substr(std::min(2 + further, der.size())).starts_with(signed_data);
}

bool has_legacy_encryption(std::string_view pkcs12) {
  constexpr std::string_view prefix = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"sv;
  for (std::size_t at = pkcs12.find(prefix); at != std::string_view::npos; at = pkcs12.find(prefix, at + 1)) {
    const std::string_view kind = pkcs12.substr(at + prefix.size(), 1);
    if (kind == "\x01" || kind == "\x02" || kind == "\x05" || kind == "\x06") {
      return true;
    }
  }
  return false;
}

std::optional<std::string> foreign_form(std::string_view content, std::string_view source, Wanted wanted) {
  return Describing(content, source, wanted).sentence();
}

}  // namespace persona::x509
