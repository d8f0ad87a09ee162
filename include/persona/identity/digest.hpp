// Has the content of files changed? Timestamps cannot tell.
#pragma once

#include <filesystem>
#include <string>

#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::identity {

// SHA-256 in 32 bytes. Only for comparison within the process, because secrets go into it. Empty only if
// hashing itself fails. Both functions block on the file system; any thread.

/// The digest of a file's content or, if it cannot be read, of the reason.
std::string content_digest(const std::filesystem::path& file);

/// The digest of everything that Identity::load and TrustStore::load use: the content of every file, with its
/// role and its place in the list of that role, and every setting. The same content in another role gives
/// another digest.
std::string content_digest(const IdentityFiles& identity, const trust::TrustFiles& trust);

}  // namespace persona::identity
