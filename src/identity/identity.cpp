#include "persona/identity/identity.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "file.hpp"
#include "persona/identity/random.hpp"
#include "private_key.hpp"
#include "secret.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

using Part = LoadError::Part;

bool belong_together(const mbedtls_x509_crt& certificate, const mbedtls_pk_context& key) {
  return mbedtls_pk_check_pair(&certificate.pk, &key, psa_random, nullptr) == 0;
}

std::optional<std::string> mismatch(const CertificateList& chain, const mbedtls_pk_context& key) {
  const mbedtls_x509_crt* leaf = chain.get();
  if (belong_together(*leaf, key)) {
    return std::nullopt;
  }
  for (const mbedtls_x509_crt* other = leaf->next; other != nullptr; other = other->next) {
    if (belong_together(*other, key)) {
      return fmt::format(
          "the private key belongs to {}, which is not the first certificate of the chain: put it first",
          display_name(*other));
    }
  }
  return fmt::format("the private key does not match the certificate: {}", display_name(*leaf));
}

void check_validity(const CertificateList& list, Part part, std::size_t index, std::string_view kind,
                    std::vector<LoadError>& errors) {
  const TimePoint at = now();
  for (const mbedtls_x509_crt* certificate = list.get(); certificate != nullptr;
       certificate = certificate->next) {
    if (const auto problem = validity_problem(*certificate, at)) {
      errors.push_back({part, index, fmt::format("{} {}: {}", kind, *problem, display_name(*certificate))});
    }
  }
}

/// What the texts of an identity are called in messages.
struct Sources {
  std::string certificate;
  std::string private_key;
};

/// Null for a text that could not be read; that is among the errors already.
struct Texts {
  const Secret* certificate = nullptr;
  const Secret* private_key = nullptr;
  const Secret* password = nullptr;
  bool password_expected = false;
};

void parse(const Texts& texts, const Sources& sources, CertificateList& chain, PrivateKey& key,
           std::vector<LoadError>& errors) {
  if (texts.certificate != nullptr) {
    if (const auto appended = chain.append_pem(texts.certificate->view(), sources.certificate); !appended) {
      errors.push_back({Part::certificate, 0, appended.error().message});
    }
  }
  check_validity(chain, Part::certificate, 0, "certificate", errors);

  const bool password_unreadable = texts.password_expected && texts.password == nullptr;
  if (texts.private_key == nullptr || password_unreadable) {
    return;
  }
  std::optional<std::string_view> password;
  if (texts.password != nullptr) {
    password = texts.password->view();
  }
  auto parsed = parse_private_key(*texts.private_key, password, sources.private_key);
  if (!parsed) {
    errors.push_back(
        {parsed.error().password ? Part::password_file : Part::private_key, 0, parsed.error().message});
    return;
  }
  key = std::move(*parsed);
  if (!chain.empty()) {
    if (const auto why = mismatch(chain, *key)) {
      errors.push_back({Part::private_key, 0, *why});
    }
  }
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
  }
  return text;
}

/// The file's content, or nothing and one more error.
std::optional<Secret> read(const std::filesystem::path& path, Part part, std::size_t index,
                           std::vector<LoadError>& errors) {
  auto content = read_file(path);
  if (!content) {
    errors.push_back({part, index, content.error().message});
    return std::nullopt;
  }
  return std::move(*content);
}

const Secret* pointer_to(const std::optional<Secret>& secret) {
  return secret ? &*secret : nullptr;
}

}  // namespace

Identity::Identity() = default;
Identity::~Identity() = default;

void Identity::KeyDeleter::operator()(mbedtls_pk_context* key) const {
  PrivateKeyDeleter()(key);
}

tl::expected<std::shared_ptr<const Identity>, std::vector<LoadError>> Identity::load(
    const IdentityFiles& files) {
  std::vector<LoadError> errors;
  const auto certificate = read(files.certificate, Part::certificate, 0, errors);
  const auto private_key = read(files.private_key, Part::private_key, 0, errors);
  std::optional<Secret> password;
  if (files.password_file) {
    password = read(*files.password_file, Part::password_file, 0, errors);
    if (password) {
      password->shrink(without_line_end(password->view()).size());
    }
  }
  const std::shared_ptr<Identity> identity(new Identity);
  PrivateKey key;
  parse({pointer_to(certificate), pointer_to(private_key), pointer_to(password),
         files.password_file.has_value()},
        {files.certificate.string(), files.private_key.string()}, identity->chain_, key, errors);
  if (!errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  identity->key_.reset(key.release());
  return identity;
}

tl::expected<std::shared_ptr<const Identity>, std::vector<LoadError>> Identity::from_pem(
    std::string_view certificate, std::string_view private_key, std::optional<std::string_view> password) {
  std::vector<LoadError> errors;
  const Secret certificate_text(certificate);
  const Secret key_text(private_key);
  std::optional<Secret> password_text;
  if (password) {
    password_text.emplace(*password);
  }
  const std::shared_ptr<Identity> identity(new Identity);
  PrivateKey key;
  parse({&certificate_text, &key_text, pointer_to(password_text), password.has_value()},
        {"the certificate text", "the private key text"}, identity->chain_, key, errors);
  if (!errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  identity->key_.reset(key.release());
  return identity;
}

}  // namespace persona::identity
