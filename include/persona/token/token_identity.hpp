// An identity whose private key is on a PKCS#11 token (a smart card, an HSM, a TPM), and maybe its
// certificate too.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "persona/base/result.hpp"
#include "persona/identity/identity.hpp"
#include "persona/token/uri.hpp"

namespace persona::token {

struct Source {
  Uri key;
  std::optional<std::filesystem::path> pin_file;  ///< its first line is the PIN; absent: nobody logs in
  std::filesystem::path certificate_file;         ///< not looked at with `certificate`
  std::optional<Uri> certificate;                 ///< on the same token
};

struct LoadedFromToken {
  identity::Identity::Loaded identity;
  std::string away;  ///< a sentence, if the token was not there
};

/// A token that is away is no error, as it may come later, unless the certificate is on it. One that is there
/// must have the key, and let us use it: it signs something, once in each way, which tells whether the key is
/// the certificate's and what it can do. A PIN that a token has refused is not tried again by this process,
/// and none where the next wrong one would lock it. Blocks for as long as the token takes.
LoadedFromToken load_identity(const Source& source, identity::IdentityUse use);

}  // namespace persona::token
