#include <algorithm>
#include <array>
#include <cstdint>

#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "persona/base/text.hpp"
#include "persona/store/stored_certificate.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/san.hpp"
#include "persona/x509/words.hpp"

namespace persona::store {

namespace {

using identity::IdentityUse;
using Kind = StoreSelector::Kind;
using namespace std::string_view_literals;

// [MS-WCCE] section 2.2.2.7.7: szOID_ENROLL_CERTTYPE_EXTENSION, a BMPString with a template's name, by
// templates of version 1; szOID_CERTIFICATE_TEMPLATE, whose first element is a template's OID, by later ones.
constexpr std::string_view oid_of_name = "\x2b\x06\x01\x04\x01\x82\x37\x14\x02"sv;
constexpr std::string_view oid_of_oid = "\x2b\x06\x01\x04\x01\x82\x37\x15\x07"sv;

std::string hexadecimal_digest(psa_algorithm_t algorithm, ByteView bytes) {
  std::array<std::uint8_t, PSA_HASH_MAX_SIZE> digest{};
  std::size_t size = 0;
  if (psa_hash_compute(algorithm, bytes.data(), bytes.size(), digest.data(), digest.size(), &size) !=
      PSA_SUCCESS) {
    return "";  // of no certificate
  }
  std::string text;
  for (const std::uint8_t octet : ByteView(digest).first(size)) {
    text += fmt::format("{:02x}", octet);
  }
  return text;
}

/// "CN=app, O=Example" as its attributes, without the blanks around them.
std::vector<std::string> attributes_of(std::string_view name) {
  std::vector<std::string> parts(1);
  bool escaped = false;
  for (const char character : name) {
    if (character == ',' && !escaped) {
      parts.emplace_back();
    } else if (character != ' ' || !parts.back().empty()) {
      parts.back() += to_lower(character);
    }
    escaped = character == '\\' && !escaped;
  }
  for (std::string& part : parts) {
    part.erase(part.find_last_not_of(' ') + 1);
  }
  return parts;
}

/// Windows shows names from the last attribute to the first, others from the first to the last.
bool is_whole_subject(const mbedtls_x509_crt& certificate, std::string_view value) {
  if (value.find('=') == std::string_view::npos) {
    return false;
  }
  auto meant = attributes_of(value);
  const auto found = attributes_of(x509::name_in_words(certificate.subject));
  if (meant == found) {
    return true;
  }
  std::reverse(meant.begin(), meant.end());
  return meant == found;
}

bool has_subject(const mbedtls_x509_crt& certificate, std::string_view value) {
  bool found =
      equals_ignoring_case(x509::common_name_of(certificate), value) || is_whole_subject(certificate, value);
  x509::for_each_alternative_name(certificate, [&](int type, ByteView name) {
    found = found || (type == MBEDTLS_X509_SAN_DNS_NAME && equals_ignoring_case(as_text(name), value));
    return !found;
  });
  return found;
}

bool has_template(const mbedtls_x509_crt& certificate, std::string_view value,
                  std::string_view template_oid) {
  const auto extensions = x509::Extensions::read(x509::bytes_of(certificate.v3_ext));
  if (!extensions) {
    return false;
  }
  if (const auto* by_name = extensions->find(oid_of_name)) {
    const auto text = x509::DerReader(by_name->value).take(MBEDTLS_ASN1_BMP_STRING);
    const auto name = text ? x509::decode_wide(*text, 2) : std::nullopt;
    if (name && equals_ignoring_case(*name, value)) {
      return true;
    }
  }
  if (const auto* by_oid = extensions->find(oid_of_oid)) {
    x509::DerReader fields(
        x509::DerReader(by_oid->value).take(x509::DerReader::sequence).value_or(ByteView()));
    const auto oid = fields.take(MBEDTLS_ASN1_OID);
    const std::string words = oid ? x509::oid_in_words(*oid) : "";
    return !words.empty() && (words == value || words == template_oid);
  }
  return false;
}

struct Candidate {
  std::size_t index = 0;
  bool has_key = false;
  std::optional<std::string> invalid;  // validity_problem()
  x509::CertificateInfo info;
};

/// All that are meant, whatever is wrong with them.
class Meant {
 public:
  Meant(const std::vector<StoredCertificate>& certificates, const StoreSelector& selector,
        std::string_view template_oid, x509::TimePoint now) {
    for (std::size_t index = 0; index < certificates.size(); ++index) {
      x509::CertificateList parsed;
      if (parsed.append_der(certificates[index].der) &&
          is_meant(*parsed.get(), certificates[index].der, selector, template_oid)) {
        found_.push_back({index, certificates[index].has_key, x509::validity_problem(*parsed.get(), now),
                          x509::describe(*parsed.get())});
      }
    }
    // The newest first; of several, whichever expires last.
    std::stable_sort(found_.begin(), found_.end(), [](const Candidate& one, const Candidate& other) {
      return std::pair(one.info.not_before, one.info.not_after) >
             std::pair(other.info.not_before, other.info.not_after);
    });
  }

  const Candidate& newest() const { return found_.front(); }
  std::size_t size() const { return found_.size(); }
  bool empty() const { return found_.empty(); }

  /// Leaves those alone; if there would be none, all remain, and it is false.
  template <class Predicate>
  bool keep(Predicate good) {
    if (std::none_of(found_.begin(), found_.end(), good)) {
      return false;
    }
    std::erase_if(found_, [&](const Candidate& each) { return !good(each); });
    return true;
  }

 private:
  static bool is_meant(const mbedtls_x509_crt& certificate, ByteView der, const StoreSelector& selector,
                       std::string_view template_oid) {
    switch (selector.kind) {
      case Kind::thumbprint:
        return selector.value == hexadecimal_digest(PSA_ALG_SHA_1, der) ||
               selector.value == hexadecimal_digest(PSA_ALG_SHA_256, der);
      case Kind::subject:
        return has_subject(certificate, selector.value);
      case Kind::template_name:
        return has_template(certificate, selector.value, template_oid);
    }
    return false;
  }

  std::vector<Candidate> found_;
};

bool is_for(IdentityUse use, const x509::CertificateInfo& info) {
  return use == IdentityUse::any || (use == IdentityUse::client ? info.for_clients : info.for_servers);
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char character) {
    return character >= 'a' && character <= 'f' ? static_cast<char>(character - 'a' + 'A') : character;
  });
  return text;
}

tl::unexpected<Error> none_meant(std::size_t count, const StoreName& store, const StoreSelector& selector) {
  const bool of_user = store.location == StoreName::Location::current_user;
  return fail(ErrorKind::configuration,
              "{} has no certificate with {}{}; what it has is listed by: certutil {}-store {}",
              store.to_string(), selector.to_string(),
              count == 0 ? of_user ? " (it is empty, for the account that persona runs as)" : " (it is empty)"
                         : fmt::format(" among its {}", count),
              of_user ? "-user " : "", shell_word(store.name));
}

}  // namespace

Result<Choice> choose(const std::vector<StoredCertificate>& certificates, const StoreName& store,
                      const StoreSelector& selector, std::string_view template_oid, IdentityUse use,
                      x509::TimePoint now) {
  Meant meant(certificates, selector, template_oid, now);
  if (meant.empty()) {
    return none_meant(certificates.size(), store, selector);
  }
  if (!meant.keep([](const Candidate& each) { return each.has_key; })) {
    return fail(ErrorKind::configuration,
                "{} has no private key for the certificate with {}: import it with its key (a .pfx file), or "
                "have it issued on this machine: {}",
                store.to_string(), selector.to_string(), meant.newest().info.name);
  }
  if (!meant.keep([use](const Candidate& each) { return is_for(use, each.info); })) {
    const bool client = use == IdentityUse::client;
    return fail(ErrorKind::configuration,
                "the certificate with {} in {} is not for {} (its extendedKeyUsage lacks {}), so peers will "
                "refuse it: {}",
                selector.to_string(), store.to_string(), client ? "clients" : "servers",
                client ? "clientAuth" : "serverAuth", meant.newest().info.name);
  }
  if (!meant.keep([](const Candidate& each) { return !each.invalid; })) {
    return fail(ErrorKind::configuration, "certificate {}, and {} has no other with {} that is valid: {}",
                *meant.newest().invalid, store.to_string(), selector.to_string(), meant.newest().info.name);
  }
  const Candidate& newest = meant.newest();
  return Choice{newest.index, newest.info.name,
                upper_case(hexadecimal_digest(PSA_ALG_SHA_1, certificates[newest.index].der)),
                newest.info.not_after, meant.size() - 1};
}

}  // namespace persona::store
