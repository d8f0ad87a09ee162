#include "token_keys.hpp"

#include <utility>

#include "persona/base/path_text.hpp"
#include "persona/identity/permissions.hpp"
#include "persona/token/token_identity.hpp"

namespace persona::cli {

namespace {

Result<token::Uri> key_of(const config::Identity& named) {
  return token::Uri::parse(named.token_key->value, token::Object::private_key);
}

std::filesystem::path beside(const std::filesystem::path& config_file, const std::string& name) {
  return (config_file.parent_path() / path_from_text(name)).make_preferred();
}

}  // namespace

std::optional<std::filesystem::path> pin_file_of(const config::Identity& named,
                                                 const std::filesystem::path& config_file) {
  if (!named.token_key) {
    return std::nullopt;
  }
  const auto uri = key_of(named);
  return uri && !uri->pin_file().empty() ? std::optional(beside(config_file, uri->pin_file())) : std::nullopt;
}

std::filesystem::path module_of(const config::Identity& named) {
  if (!named.token_key) {
    return {};
  }
  const auto uri = key_of(named);
  const auto path = uri ? path_from_text(uri->module_path()) : std::filesystem::path();
  return path.is_absolute() ? path : std::filesystem::path();  // p11-kit has a folder of its own for others
}

TokenFindings load_from_token(const config::Identity& named, const std::filesystem::path& config_file,
                              identity::IdentityUse use, config::Report& report) {
  const bool is_told =
      named.token_key->value.empty() ||
      (named.token_certificate ? named.token_certificate->value.empty() : named.certificate.value.empty());
  if (is_told) {
    return {};  // the parser has said what is wrong with it
  }
  const auto key = key_of(named);
  if (!key) {
    report.error(named.token_key->mark, "private_key: " + key.error().message);
    return {};
  }
  token::Source source{*key, pin_file_of(named, config_file), named.certificate.value, std::nullopt};
  if (named.token_certificate) {
    auto certificate = token::Uri::parse(named.token_certificate->value, token::Object::certificate);
    if (!certificate) {
      report.error(named.token_certificate->mark, "certificate: " + certificate.error().message);
      return {};
    }
    source.certificate = std::move(*certificate);
  }
  if (source.pin_file) {
    if (auto warning = identity::permission_warning(*source.pin_file, "the PIN")) {
      report.warning(named.token_key->mark, std::move(*warning));
    }
  }
  auto loaded = token::load_identity(source, use);
  if (!loaded.away.empty()) {
    report.warning(named.token_key->mark, loaded.away + "; until that changes, handshakes fail");
  }
  if (!loaded.identity) {
    return {std::move(loaded.identity.error()), nullptr};
  }
  return {{}, std::move(*loaded.identity)};
}

void keep_to_abilities(const identity::Identity& identity, config::Config& config, config::Report& report) {
  const auto only = identity.only_version();
  if (!only) {
    return;
  }
  const std::string_view lacking = *only == TlsVersion::tls12 ? "RSA-PSS" : "RSA PKCS#1 v1.5";
  if (*only < config.tls.min_version || *only > config.tls.max_version) {
    report.error(config.identity.private_key.mark,
                 fmt::format("the key cannot sign by {} where it is, so that it can do {} alone, which "
                             "tls.min_version or tls.max_version leaves out",
                             lacking, to_string(*only)));
    return;
  }
  if (config.tls.min_version != config.tls.max_version) {
    report.warning(config.identity.private_key.mark,
                   fmt::format("the key cannot sign by {} where it is, so {} alone is spoken", lacking,
                               to_string(*only)));
  }
  config.tls.min_version = *only;
  config.tls.max_version = *only;
}

}  // namespace persona::cli
