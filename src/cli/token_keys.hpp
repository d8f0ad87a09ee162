// Identities of which a configuration says that the key is on a PKCS#11 token.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"
#include "persona/identity/identity.hpp"

namespace persona::cli {

/// The file with the PIN that `identity.private_key` names, relative to the folder of the configuration.
/// Nothing: it names none, or cannot be read.
std::optional<std::filesystem::path> pin_file_of(const config::Identity& named,
                                                 const std::filesystem::path& config_file);

/// The module, which is code. Empty: none is named by its whole path.
std::filesystem::path module_of(const config::Identity& named);

struct TokenFindings {
  std::vector<x509::LoadError> errors;  ///< none: there is an identity
  std::shared_ptr<const identity::Identity> identity;
};

/// `named.token_key` is there. What is wrong with a URI, and that the token is away, is reported.
TokenFindings load_from_token(const config::Identity& named, const std::filesystem::path& config_file,
                              identity::IdentityUse use, config::Report& report);

/// Leaves in `config` the versions of TLS that the key can sign for, with a warning. An error if none is
/// left.
void keep_to_abilities(const identity::Identity& identity, config::Config& config, config::Report& report);

}  // namespace persona::cli
