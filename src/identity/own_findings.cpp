#include "own_findings.hpp"

#include <optional>

#include <fmt/format.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "persona/trust/signature.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/key_bounds.hpp"

namespace persona::identity {

namespace {

x509::LoadError finding(x509::LoadError::Severity severity, std::string message) {
  return {x509::LoadError::Part::certificate, 0, std::move(message), severity};
}

void judge_extended_usage(const mbedtls_x509_crt& leaf, IdentityUse use,
                          std::vector<x509::LoadError>& found) {
  const bool present = mbedtls_x509_crt_has_ext_type(&leaf, MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) != 0;
  const auto lacks = [&](const char* oid, std::size_t size) {
    return mbedtls_x509_crt_check_extended_key_usage(&leaf, oid, size) != 0;
  };
  if (use == IdentityUse::client &&
      lacks(MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH))) {
    found.push_back(
        finding(x509::LoadError::Severity::error,
                "certificate is not for clients (its extendedKeyUsage lacks clientAuth), so the gateway will "
                "refuse it: " +
                    x509::display_name(leaf)));
  }
  if (use == IdentityUse::server &&
      lacks(MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH))) {
    found.push_back(
        finding(x509::LoadError::Severity::error,
                "certificate is not for servers (its extendedKeyUsage lacks serverAuth), so clients "
                "will refuse it: " +
                    x509::display_name(leaf)));
  }
  if (use == IdentityUse::server && !present) {
    found.push_back(
        finding(x509::LoadError::Severity::warning,
                "certificate does not say that it is for servers (it has no extendedKeyUsage), and "
                "strict clients refuse it: " +
                    x509::display_name(leaf)));
  }
}

void judge_leaf(const mbedtls_x509_crt& leaf, IdentityUse use, std::vector<x509::LoadError>& found) {
  judge_extended_usage(leaf, use, found);
  if (mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
    found.push_back(finding(x509::LoadError::Severity::error,
                            "certificate may not be used to sign a handshake (its keyUsage lacks "
                            "digitalSignature), so it will be refused: " +
                                x509::display_name(leaf)));
  }
  if (mbedtls_x509_crt_get_ca_istrue(&leaf) == 1) {
    found.push_back(
        finding(x509::LoadError::Severity::warning,
                "certificate is a CA's (basicConstraints CA:TRUE), so whoever gets its key can issue "
                "certificates: have one issued for this end alone: " +
                    x509::display_name(leaf)));
  }
}

constexpr std::size_t kibibyte = 1024;

#ifdef MBEDTLS_SSL_MAX_HANDSHAKE_LEN
/// OpenSSL's default limit for a peer's certificates (SSL_MAX_CERT_LIST_DEFAULT), which gateways rarely
/// change.
constexpr std::size_t most_sent = 100 * kibibyte;
#else
/// mbedTLS without our patch sends no message that is longer than a record.
constexpr std::size_t most_sent = 16 * kibibyte - 16;
#endif

void judge_size(const x509::CertificateList& chain, std::vector<x509::LoadError>& found) {
  // RFC 8446 section 4.4.2: each has its length before it and its extensions, which are none, behind it.
  constexpr std::size_t entry = 3 + 2;
  std::size_t size = 0;
  for (const mbedtls_x509_crt* each = chain.get(); each != nullptr; each = each->next) {
    size += entry + each->raw.len;
  }
  if (size > most_sent) {
    found.push_back(
        finding(x509::LoadError::Severity::error,
                fmt::format("the certificates have {} KiB together, which is more than peers accept "
                            "({} KiB): remove those that are not in the chain of {}",
                            (size + kibibyte - 1) / kibibyte, (most_sent + kibibyte - 1) / kibibyte,
                            x509::display_name(*chain.get()))));
  }
}

}  // namespace

std::vector<x509::LoadError> own_findings(const x509::CertificateList& chain, IdentityUse use) {
  std::vector<x509::LoadError> found;
  const mbedtls_x509_crt* leaf = chain.get();
  if (leaf == nullptr) {
    return found;
  }
  judge_leaf(*leaf, use, found);
  judge_size(chain, found);
  for (const mbedtls_x509_crt* each = leaf; each != nullptr; each = each->next) {
    const bool root =
        each != leaf && x509::same_distinguished_name({each->subject_raw.p, each->subject_raw.len},
                                                      {each->issuer_raw.p, each->issuer_raw.len});
    const auto weak = root ? std::nullopt : trust::weak_hash(*each);  // nobody checks a root's signature
    if (weak) {
      found.push_back(
          finding(x509::LoadError::Severity::error,
                  fmt::format("certificate is signed with {}, which is refused everywhere: have it "
                              "issued again with SHA-256: {}",
                              *weak, x509::display_name(*each))));
    }
    const auto defect = root ? std::nullopt : x509::key_defect(*each);
    if (defect) {
      found.push_back(
          finding(x509::LoadError::Severity::warning,
                  fmt::format("certificate has a key that {} ({}), so persona and others refuse it: {}",
                              defect->predicate, defect->key, x509::display_name(*each))));
    }
  }
  return found;
}

}  // namespace persona::identity
