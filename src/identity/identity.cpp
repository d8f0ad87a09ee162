// Loads our own identity from PEM, DER or PKCS#12, and checks all that can be checked offline.
#include "persona/identity/identity.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "chain_order.hpp"
#include "own_findings.hpp"
#include "persona/identity/permissions.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/pkcs12.hpp"
#include "persona/x509/private_key.hpp"
#include "persona/x509/secret.hpp"
#include "persona/x509/words.hpp"

namespace persona::identity {

namespace {

using Part = x509::LoadError::Part;
using Severity = x509::LoadError::Severity;

constexpr std::size_t most_names = 5;  // in one sentence

bool belong_together(const mbedtls_x509_crt& certificate, const mbedtls_pk_context& key) {
  return mbedtls_pk_check_pair(&certificate.pk, &key, x509::psa_random, nullptr) == 0;
}

/// The first certificate for this key, or null.
const mbedtls_x509_crt* find_own(const x509::CertificateList& certificates, const mbedtls_pk_context& key) {
  const mbedtls_x509_crt* each = certificates.get();
  while (each != nullptr && !belong_together(*each, key)) {
    each = each->next;
  }
  return each;
}

std::string list_of(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), most_names);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) {
    text += fmt::format(" and {} more", names.size() - shown);
  }
  return text;
}

std::vector<std::string> names_of(const x509::CertificateList& certificates) {
  std::vector<std::string> names;
  for (const mbedtls_x509_crt* each = certificates.get(); each != nullptr; each = each->next) {
    names.push_back(x509::display_name(*each));
  }
  return names;
}

bool has_private_key(std::string_view pem) {
  const auto blocks = x509::find_pem_blocks(pem);
  return blocks && std::any_of(blocks->begin(), blocks->end(), x509::is_private_key);
}

bool is_same_file(const std::filesystem::path& left, const std::filesystem::path& right) {
  std::error_code ignored;
  return left == right || std::filesystem::equivalent(left, right, ignored);
}

}  // namespace

/// One attempt to load an identity: collects what is wrong, and makes the identity if there is no error.
class IdentityLoader {
 public:
  explicit IdentityLoader(IdentityUse use) : use_(use) {}

  Identity::Loaded load(const IdentityFiles& files) {
    const bool key_apart = !files.private_key.empty() && !is_same_file(files.private_key, files.certificate);
    const auto certificate = accept(x509::read_file(files.certificate), Part::certificate);
    const auto private_key =
        key_apart ? accept(x509::read_file(files.private_key), Part::private_key) : std::nullopt;
    std::optional<x509::Secret> password;
    if (files.password_file) {
      password = accept(x509::read_password_file(*files.password_file), Part::password_file);
    }
    const bool password_unreadable = files.password_file && !password;
    const Names names{files.certificate.string(),
                      (key_apart ? files.private_key : files.certificate).string()};
    if (key_apart) {
      parse_separate(names, certificate, private_key, password, password_unreadable);
      warn_of_permissions(files.private_key, Part::private_key);
    } else if (certificate) {
      parse(names, *certificate, nullptr, password, password_unreadable);
    }
    if (certificate && has_key(certificate->view())) {
      warn_of_permissions(files.certificate, Part::certificate);
    }
    return finish();
  }

  Identity::Loaded load(std::string_view certificate, std::string_view private_key,
                        std::optional<std::string_view> password_text, std::string_view source) {
    const x509::Secret certificate_copy(certificate);
    const x509::Secret key_copy(private_key);
    std::optional<x509::Secret> password;
    if (password_text) {
      password.emplace(*password_text);
    }
    const std::string_view key_source = private_key.empty() ? "the certificate text" : "the private key text";
    const Names names{std::string(source.empty() ? "the certificate text" : source),
                      std::string(source.empty() ? key_source : source)};
    parse(names, certificate_copy, private_key.empty() ? nullptr : &key_copy, password, false);
    return finish();
  }

  Identity::Loaded load(std::string_view certificate, std::unique_ptr<const pk::Signer> signer,
                        std::string_view source) {
    const Names names{std::string(source), ""};
    parse_certificates(names, x509::Secret(certificate));
    judge(nullptr, names.certificate, true);
    if (!certificates_.empty()) {
      sign_by(std::move(signer), certificates_.get()->pk);
    }
    return finish();
  }

  Identity::Loaded load_pkcs12(std::string_view der, std::optional<std::string_view> password_text) {
    const x509::Secret copy(der);
    std::optional<x509::Secret> password;
    if (password_text) {
      password.emplace(*password_text);
    }
    parse_bundle("the PKCS#12 file", as_bytes(copy.view()), password, false);
    return finish();
  }

 private:
  /// What messages call the texts of an identity.
  struct Names {
    std::string certificate;
    std::string private_key;
  };

  void error(Part part, std::string message) { found_.push_back({part, 0, std::move(message)}); }
  void warning(Part part, std::string message) {
    found_.push_back({part, 0, std::move(message), Severity::warning});
  }

  static bool has_key(std::string_view content) {
    return x509::is_pkcs12(content) || has_private_key(content) || x509::pkcs12_in_pem(content).has_value();
  }

  /// The content; or nothing, and one more error in found_.
  std::optional<x509::Secret> accept(Result<x509::Secret> content, Part part) {
    if (!content) {
      error(part, content.error().message);
      return std::nullopt;
    }
    return std::move(*content);
  }

  void warn_of_permissions(const std::filesystem::path& path, Part part) {
    if (auto message = permission_warning(path, "the private key")) {
      warning(part, std::move(*message));
    }
  }

  /// Either file may be unreadable, which has been reported.
  void parse_separate(const Names& names, const std::optional<x509::Secret>& certificate,
                      const std::optional<x509::Secret>& private_key,
                      const std::optional<x509::Secret>& password, bool password_unreadable) {
    if (certificate && (x509::is_pkcs12(certificate->view()) || x509::pkcs12_in_pem(certificate->view()))) {
      error(Part::private_key,
            fmt::format("{} is a PKCS#12 file, which has its private key: remove identity.private_key",
                        names.certificate));
    } else if (certificate && private_key) {
      parse(names, *certificate, &*private_key, password, password_unreadable);
    } else if (certificate) {
      parse_certificates(names, *certificate);
      judge(nullptr, names.certificate, true);
    } else if (private_key) {
      parse_key(names, *private_key, password, password_unreadable);
    }
  }

  /// If `private_key` is null, the certificate's text has it.
  void parse(const Names& names, const x509::Secret& certificate, const x509::Secret* private_key,
             const std::optional<x509::Secret>& password, bool password_unreadable) {
    if (x509::is_pkcs12(certificate.view())) {
      parse_bundle(names.certificate, as_bytes(certificate.view()), password, password_unreadable);
      return;
    }
    if (const auto der = x509::pkcs12_in_pem(certificate.view())) {
      parse_bundle(names.certificate, as_bytes(der->view()), password, password_unreadable);
      return;
    }
    parse_certificates(names, certificate);
    x509::PrivateKey key;
    if (private_key != nullptr || has_private_key(certificate.view())) {
      key = parse_key(names, private_key != nullptr ? *private_key : certificate, password,
                      password_unreadable);
    } else if (!certificates_.empty()) {
      error(Part::private_key,
            fmt::format("identity.private_key is missing: name the file with the private key of "
                        "{} (or make certificate a PKCS#12 file, which has both)",
                        names.certificate));
    }
    judge(std::move(key), names.certificate, true);
  }

  void parse_certificates(const Names& names, const x509::Secret& text) {
    if (const auto appended = certificates_.append_pem(text.view(), names.certificate); !appended) {
      const auto other = x509::foreign_form(text.view(), names.certificate, x509::Wanted::identity);
      error(Part::certificate, other.value_or(appended.error().message));
    }
  }

  x509::PrivateKey parse_key(const Names& names, const x509::Secret& text,
                             const std::optional<x509::Secret>& password, bool password_unreadable) {
    if (x509::is_pkcs12(text.view()) || x509::pkcs12_in_pem(text.view())) {
      error(Part::private_key, fmt::format("{} is a PKCS#12 file, which has certificates too: name it as "
                                           "identity.certificate and remove identity.private_key",
                                           names.private_key));
      return nullptr;
    }
    if (password_unreadable) {
      return nullptr;
    }
    auto parsed = x509::parse_private_key(text, view_of(password), names.private_key);
    if (!parsed) {
      error(parsed.error().password ? Part::password_file : Part::private_key, parsed.error().message);
      return nullptr;
    }
    return std::move(*parsed);
  }

  void parse_bundle(const std::string& name, ByteView der, const std::optional<x509::Secret>& password,
                    bool password_unreadable) {
    if (password_unreadable) {
      return;
    }
    auto parsed = x509::parse_pkcs12(der, view_of(password), name);
    if (!parsed) {
      error(parsed.error().password ? Part::password_file : Part::certificate, parsed.error().message);
      return;
    }
    certificates_ = std::move(parsed->certificates);
    judge(std::move(parsed->key), name, false);  // PKCS#12 files have no order of certificates
  }

  static std::optional<std::string_view> view_of(const std::optional<x509::Secret>& secret) {
    return secret ? std::optional(secret->view()) : std::nullopt;
  }

  /// The checks for which everything must be parsed. `key` may be null, and there may be no certificates.
  void judge(x509::PrivateKey key, const std::string& name, bool order_matters) {
    const x509::TimePoint at = x509::now();
    for (const mbedtls_x509_crt* each = certificates_.get(); each != nullptr; each = each->next) {
      if (const auto problem = x509::validity_problem(*each, at)) {
        error(Part::certificate, fmt::format("certificate {}: {}", *problem, x509::display_name(*each)));
      }
    }
    if (certificates_.empty()) {
      return;
    }
    const mbedtls_x509_crt* leaf = key != nullptr ? find_own(certificates_, *key) : certificates_.get();
    if (leaf == nullptr) {
      error(Part::private_key, fmt::format("the private key does not match the certificate: {}",
                                           x509::display_name(*certificates_.get())));
      return;
    }
    if (key != nullptr && !arrange(*leaf, name, order_matters)) {
      return;
    }
    const auto findings = own_findings(certificates_, use_);
    found_.insert(found_.end(), findings.begin(), findings.end());
    if (key != nullptr) {
      settle(std::move(key));
    }
  }

  /// Leaves the key to a signer of the provider, or to mbedTLS. If there is a signer, no other copy remains.
  void settle(x509::PrivateKey key) {
    auto signer = pk::make_signer(*key);
    if (!signer) {
      error(Part::private_key, signer.error().message);
    } else if (*signer != nullptr) {
      sign_by(std::move(*signer), *key);
    } else {
      key_ = std::move(key);
    }
  }

  void sign_by(std::unique_ptr<const pk::Signer> signer, const mbedtls_pk_context& public_key) {
    x509::PrivateKey key = x509::new_private_key();
    if (const auto ready = pk::set_up(*key, public_key, *signer); !ready) {
      error(Part::private_key, ready.error().message);
      return;
    }
    signer_ = std::move(signer);
    key_ = std::move(key);
  }

  bool arrange(const mbedtls_x509_crt& leaf, const std::string& name, bool order_matters) {
    auto ordered = order_chain(certificates_, leaf);
    if (!ordered) {
      error(Part::certificate, ordered.error().message);
      return false;
    }
    for (std::string& sentence : ordered->broken) {
      error(Part::certificate, std::move(sentence));
    }
    if (!ordered->duplicates.empty()) {
      warning(Part::certificate,
              fmt::format("{} has certificates more than once, which are sent only once: {}", name,
                          list_of(ordered->duplicates)));
    }
    if (!ordered->unrelated.empty()) {
      warning(Part::certificate,
              fmt::format(
                  "{} has certificates that issued none of the others, and are sent all the same: remove {}",
                  name, list_of(ordered->unrelated)));
    }
    if (ordered->reordered && order_matters) {
      warning(Part::certificate, fmt::format("{} is not in chain order, and is sent as {}", name,
                                             list_of(names_of(ordered->chain))));
    }
    certificates_ = std::move(ordered->chain);
    return true;
  }

  Identity::Loaded finish() {
    const bool failed = std::any_of(found_.begin(), found_.end(), [](const x509::LoadError& each) {
      return each.severity == Severity::error;
    });
    if (failed) {
      return tl::unexpected(std::move(found_));
    }
    const std::shared_ptr<Identity> identity(new Identity);
    identity->chain_ = std::move(certificates_);
    identity->signer_ = std::move(signer_);
    identity->key_.reset(key_.release());
    identity->warnings_ = std::move(found_);
    return identity;
  }

  IdentityUse use_;
  x509::CertificateList certificates_;
  std::unique_ptr<const pk::Signer> signer_;  // outlives key_
  x509::PrivateKey key_;
  std::vector<x509::LoadError> found_;
};

Identity::Identity() = default;
Identity::~Identity() = default;

void Identity::KeyDeleter::operator()(mbedtls_pk_context* key) const {
  x509::PrivateKeyDeleter()(key);
}

std::optional<TlsVersion> Identity::only_version() const {
  if (signer_ == nullptr || mbedtls_pk_get_type(&chain_.get()->pk) != MBEDTLS_PK_RSA) {
    return std::nullopt;
  }
  if (!signer_->can(pk::Scheme::rsa_pss)) {
    return TlsVersion::tls12;
  }
  return signer_->can(pk::Scheme::rsa_pkcs1) ? std::nullopt : std::optional(TlsVersion::tls13);
}

Identity::Loaded Identity::load(const IdentityFiles& files) {
  return IdentityLoader(files.use).load(files);
}

Identity::Loaded Identity::from_pem(std::string_view certificate, std::string_view private_key,
                                    std::optional<std::string_view> password, IdentityUse use,
                                    std::string_view source) {
  return IdentityLoader(use).load(certificate, private_key, password, source);
}

Identity::Loaded Identity::with_signer(std::string_view certificate, std::unique_ptr<const pk::Signer> signer,
                                       IdentityUse use, std::string_view source) {
  return IdentityLoader(use).load(certificate, std::move(signer), source);
}

Identity::Loaded Identity::from_pkcs12(std::string_view der, std::optional<std::string_view> password,
                                       IdentityUse use) {
  return IdentityLoader(use).load_pkcs12(der, password);
}

}  // namespace persona::identity
