#include "persona/x509/pkcs12.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <mbedtls/oid.h>

#include "password_based.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

// mbedTLS has no names for these (RFC 7292 section 4.2, RFC 2985).
constexpr char key_bag_oid[] = MBEDTLS_OID_PKCS12 "\x0a\x01\x01";
constexpr char shrouded_key_bag_oid[] = MBEDTLS_OID_PKCS12 "\x0a\x01\x02";
constexpr char cert_bag_oid[] = MBEDTLS_OID_PKCS12 "\x0a\x01\x03";
constexpr char safe_contents_bag_oid[] = MBEDTLS_OID_PKCS12 "\x0a\x01\x06";
constexpr char x509_certificate_oid[] = MBEDTLS_OID_PKCS9 "\x16\x01";
constexpr char friendly_name_oid[] = MBEDTLS_OID_PKCS9 "\x14";
constexpr char local_key_id_oid[] = MBEDTLS_OID_PKCS9 "\x15";

constexpr int deepest_nesting = 4;  // of SafeContents bags, which real files do not use
constexpr int bmp_string = MBEDTLS_ASN1_BMP_STRING;

struct Attributes {
  ByteView local_key_id;
  ByteView friendly_name;  // UTF-16BE
};

struct CertBag {
  ByteView certificate;
  Attributes attributes;
};

struct KeyBag {
  ByteView key;                                 // PrivateKeyInfo, or what decrypts to it
  std::optional<AlgorithmIdentifier> shrouded;  // how `key` is encrypted, if it is
  Attributes attributes;
};

struct Bags {
  std::vector<CertBag> certificates;
  std::vector<KeyBag> keys;
};

/// For messages only; what is not ASCII is shown as "?".
std::string in_quotes(ByteView friendly_name) {
  std::string text;
  for (std::size_t i = 0; i + 1 < friendly_name.size(); i += 2) {
    text +=
        friendly_name[i] == 0 && friendly_name[i + 1] < 0x80 ? static_cast<char>(friendly_name[i + 1]) : '?';
  }
  return fmt::format("\"{}\"", escape(text));
}

/// Reads one file. The views in Bags point into the file and into `decrypted_`.
class Pkcs12Reader {
 public:
  Pkcs12Reader(std::string_view source, std::optional<std::string_view> password)
      : source_(source), given_(password) {}

  tl::expected<Pkcs12, Pkcs12Error> read(ByteView der) {
    file_ = der;
    DerReader file(der, fault_);
    DerReader pfx = file.enter(DerReader::sequence);
    const int version = pfx.integer();
    DerReader auth_safe = pfx.enter(DerReader::sequence);
    const ByteView type = auth_safe.need(MBEDTLS_ASN1_OID);
    if (fault_ == DerFault::none && is_oid(type, MBEDTLS_OID_PKCS7_SIGNED_DATA)) {
      return bad("is protected by a signature instead of a password, which is not supported: {}", make_again);
    }
    const ByteView content = auth_safe.enter(DerReader::constructed(0)).need(MBEDTLS_ASN1_OCTET_STRING);
    const bool has_mac = !pfx.empty();
    const ByteView mac_data = has_mac ? pfx.need(DerReader::sequence) : ByteView();
    pfx.finish();
    file.finish();
    if (fault_ != DerFault::none || version != 3 || !is_oid(type, MBEDTLS_OID_PKCS7_DATA)) {
      return structural_fault();
    }
    if (!has_mac) {
      return bad("has no MAC, so a change to it would go unnoticed: {}", make_again);
    }
    if (const auto opened = open(mac_data, content); !opened) {
      return tl::unexpected(opened.error());
    }
    if (const auto walked = walk_authenticated_safe(content); !walked) {
      return tl::unexpected(walked.error());
    }
    return assemble();
  }

 private:
  using Done = tl::expected<void, Pkcs12Error>;

  static constexpr std::string_view make_again =
      "make it again with openssl pkcs12 -export -in CERTIFICATES -inkey KEY -out NEW.p12";

  /// To PEM: -export loses the certificates of a file that has the key behind them.
  std::string convert() const {
    return fmt::format("convert it with openssl pkcs12 {}-in {} -nodes -out NEW.pem",
                       has_legacy_encryption(as_text(file_)) ? "-legacy " : "", shell_word(source_));
  }

  tl::unexpected<Pkcs12Error> bad(const PasswordBasedError& error) const {
    switch (error.remedy) {
      case PasswordBasedError::Remedy::convert:
        return bad("{}: {}", error.text, convert());
      case PasswordBasedError::Remedy::make_again:
        return bad("{}: {}", error.text, make_again);
      case PasswordBasedError::Remedy::none:
        break;
    }
    return bad("{}", error.text);
  }

  template <class... Args>
  tl::unexpected<Pkcs12Error> bad(fmt::format_string<Args...> format, Args&&... args) const {
    return tl::unexpected(
        Pkcs12Error{fmt::format("{} {}", source_, fmt::format(format, std::forward<Args>(args)...)), false});
  }

  tl::unexpected<Pkcs12Error> structural_fault() const {
    if (fault_ == DerFault::ber) {
      return bad("is in BER with indefinite lengths, and only DER is supported: {}", convert());
    }
    return bad("is damaged or cut off: copy it again from where it was made");
  }

  /// Finds the form of the password that the MAC was made with.
  Done open(ByteView mac_data, ByteView content) {
    forms_ = pkcs12_passwords(given_);
    if (forms_.empty()) {
      return tl::unexpected(Pkcs12Error{
          fmt::format("the password of {} is not UTF-8 text: save the password file as UTF-8", source_),
          true});
    }
    for (const Pkcs12Password& form : forms_) {
      const auto right = check_mac(mac_data, content, form, budget_);
      if (!right) {
        return bad(right.error());
      }
      if (*right) {
        password_ = &form;
        return {};
      }
    }
    if (!given_) {
      return bad(
          "has a password (or is damaged): name a file with the password in "
          "identity.private_key_password_file");
    }
    return tl::unexpected(
        Pkcs12Error{fmt::format("the password does not open {}, or the file is damaged", source_), true});
  }

  /// AuthenticatedSafe: a SEQUENCE of ContentInfo.
  Done walk_authenticated_safe(ByteView content) {
    DerReader reader(content, fault_);
    DerReader infos = reader.enter(DerReader::sequence);
    reader.finish();
    while (!infos.empty()) {
      DerReader info = infos.enter(DerReader::sequence);
      const ByteView type = info.need(MBEDTLS_ASN1_OID);
      if (fault_ != DerFault::none) {
        break;
      }
      if (is_oid(type, MBEDTLS_OID_PKCS7_ENVELOPED_DATA)) {
        return bad("is encrypted for a public key instead of with a password, which is not supported: {}",
                   make_again);
      }
      DerReader body = info.enter(DerReader::constructed(0));
      Done walked;
      if (is_oid(type, MBEDTLS_OID_PKCS7_DATA)) {
        walked = walk_safe_contents(body.need(MBEDTLS_ASN1_OCTET_STRING), 0);
      } else if (is_oid(type, MBEDTLS_OID_PKCS7_ENCRYPTED_DATA)) {
        walked = walk_encrypted_data(body);
      }
      if (!walked) {
        return walked;
      }
    }
    return fault_ == DerFault::none ? Done() : structural_fault();
  }

  /// EncryptedData (RFC 2315 section 13).
  Done walk_encrypted_data(DerReader& body) {
    DerReader data = body.enter(DerReader::sequence);
    data.integer();
    DerReader info = data.enter(DerReader::sequence);
    info.need(MBEDTLS_ASN1_OID);
    const AlgorithmIdentifier algorithm = info.algorithm();
    const ByteView ciphertext = info.need(DerReader::context(0));
    if (fault_ != DerFault::none) {
      return structural_fault();
    }
    auto plain = decrypt(algorithm, ciphertext, *password_, budget_);
    if (!plain) {
      return bad(plain.error());
    }
    decrypted_.push_back(std::move(*plain));  // moving it leaves the bytes, and views of them, in place
    return walk_safe_contents(as_bytes(decrypted_.back().view()), 0);
  }

  /// SafeContents: a SEQUENCE of SafeBag.
  Done walk_safe_contents(ByteView content, int depth) {
    DerReader reader(content, fault_);
    DerReader bags = reader.enter(DerReader::sequence);
    reader.finish();
    while (!bags.empty()) {
      DerReader bag = bags.enter(DerReader::sequence);
      const ByteView type = bag.need(MBEDTLS_ASN1_OID);
      const ByteView value = bag.need(DerReader::constructed(0));
      const Attributes attributes = read_attributes(bag);
      bag.finish();
      if (fault_ != DerFault::none) {
        break;
      }
      DerReader inside(value, fault_);
      if (is_oid(type, cert_bag_oid)) {
        read_certificate(inside, attributes);
      } else if (is_oid(type, key_bag_oid)) {
        bags_.keys.push_back({value, std::nullopt, attributes});
      } else if (is_oid(type, shrouded_key_bag_oid)) {
        DerReader info = inside.enter(DerReader::sequence);
        const AlgorithmIdentifier algorithm = info.algorithm();
        bags_.keys.push_back({info.need(MBEDTLS_ASN1_OCTET_STRING), algorithm, attributes});
      } else if (is_oid(type, safe_contents_bag_oid)) {
        if (depth >= deepest_nesting) {
          return bad("nests its contents too deeply: {}", make_again);
        }
        if (auto walked = walk_safe_contents(value, depth + 1); !walked) {
          return walked;
        }
      }  // CRL and secret bags are ignored
    }
    return fault_ == DerFault::none ? Done() : structural_fault();
  }

  void read_certificate(DerReader& inside, const Attributes& attributes) {
    DerReader bag = inside.enter(DerReader::sequence);
    const ByteView type = bag.need(MBEDTLS_ASN1_OID);
    const ByteView certificate = bag.enter(DerReader::constructed(0)).need(MBEDTLS_ASN1_OCTET_STRING);
    if (fault_ == DerFault::none && is_oid(type, x509_certificate_oid)) {
      bags_.certificates.push_back({certificate, attributes});
    }
  }

  Attributes read_attributes(DerReader& bag) {
    Attributes found;
    if (bag.empty()) {
      return found;
    }
    DerReader attributes = bag.enter(DerReader::set);
    while (!attributes.empty()) {
      DerReader attribute = attributes.enter(DerReader::sequence);
      const ByteView type = attribute.need(MBEDTLS_ASN1_OID);
      DerReader values = attribute.enter(DerReader::set);
      if (is_oid(type, local_key_id_oid) && values.next_is(MBEDTLS_ASN1_OCTET_STRING)) {
        found.local_key_id = values.need(MBEDTLS_ASN1_OCTET_STRING);
      } else if (is_oid(type, friendly_name_oid) && values.next_is(bmp_string)) {
        found.friendly_name = values.need(bmp_string);
      }
    }
    return found;
  }

  tl::expected<Pkcs12, Pkcs12Error> assemble() {
    if (bags_.keys.empty()) {
      return bad("has no private key: {}", make_again);
    }
    if (bags_.keys.size() > 1) {
      return bad("has {} private keys ({}), and nothing tells which one to use: {}", bags_.keys.size(),
                 key_names(), make_again);
    }
    if (bags_.certificates.empty()) {
      return bad("has a private key but no certificate: {}", make_again);
    }
    auto key = read_key(bags_.keys.front());
    if (!key) {
      return tl::unexpected(key.error());
    }
    Pkcs12 result;
    result.key = std::move(*key);
    const std::string_view own_id = as_text(bags_.keys.front().attributes.local_key_id);
    std::stable_partition(bags_.certificates.begin(), bags_.certificates.end(), [&](const CertBag& bag) {
      return !own_id.empty() && as_text(bag.attributes.local_key_id) == own_id;
    });
    for (const CertBag& bag : bags_.certificates) {
      if (const auto appended = result.certificates.append_der(bag.certificate); !appended) {
        return bad("has a certificate {} that cannot be parsed: {}", in_quotes(bag.attributes.friendly_name),
                   appended.error().message);
      }
    }
    return result;
  }

  std::string key_names() const {
    std::vector<std::string> names;
    names.reserve(bags_.keys.size());
    for (const KeyBag& bag : bags_.keys) {
      names.push_back(in_quotes(bag.attributes.friendly_name));
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  tl::expected<PrivateKey, Pkcs12Error> read_key(const KeyBag& bag) {
    ByteView info = bag.key;
    Secret plain;
    if (bag.shrouded) {
      auto decrypted = decrypt(*bag.shrouded, bag.key, *password_, budget_);
      if (!decrypted) {
        return bad(decrypted.error());
      }
      plain = std::move(*decrypted);
      info = as_bytes(plain.view());
    }
    auto key = parse_private_key_der(info, std::nullopt, source_);
    if (!key) {
      return tl::unexpected(Pkcs12Error{key.error().message, false});
    }
    return std::move(*key);
  }

  std::string_view source_;
  ByteView file_;
  std::optional<std::string_view> given_;
  DerFault fault_ = DerFault::none;
  IterationBudget budget_;
  std::vector<Pkcs12Password> forms_;
  const Pkcs12Password* password_ = nullptr;  // one of forms_
  std::vector<Secret> decrypted_;
  Bags bags_;
};

}  // namespace

bool is_pkcs12(std::string_view content) {
  // A SEQUENCE header, then version 3. Every other kind of file that we read has another INTEGER there, or
  // none.
  constexpr std::string_view version_3("\x02\x01\x03", 3);
  if (content.size() < 2 || content[0] != static_cast<char>(DerReader::sequence)) {
    return false;
  }
  const auto length = static_cast<unsigned char>(content[1]);
  const std::size_t further = length < 0x80 ? 0 : length & 0x7fU;
  return further <= 4 && content.substr(std::min(2 + further, content.size())).starts_with(version_3);
}

std::optional<Secret> pkcs12_in_pem(std::string_view content) {
  const auto blocks = find_pem_blocks(content);
  if (!blocks) {
    return std::nullopt;
  }
  const auto block = std::find_if(blocks->begin(), blocks->end(),
                                  [](const PemBlock& each) { return each.label == "PKCS12"; });
  if (block == blocks->end()) {
    return std::nullopt;
  }
  auto der = secret_pem_content(block->text, block->label);
  return der ? std::move(*der) : Secret();
}

tl::expected<Pkcs12, Pkcs12Error> parse_pkcs12(ByteView der, std::optional<std::string_view> password,
                                               std::string_view source) {
  return Pkcs12Reader(source, password).read(der);
}

}  // namespace persona::x509
