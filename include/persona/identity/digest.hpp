// Are the contents of files the same as before? Timestamps cannot say.
#pragma once

#include <filesystem>
#include <string>

#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::identity {

// SHA-256, in 32 bytes. Only to be compared within the process: it is made of secrets, too. Never empty,
// unless hashing itself fails. Both block on the file system; any thread.

/// Of a file's contents; of one that cannot be read, of the reason.
std::string content_digest(const std::filesystem::path& file);

/// Of all that Identity::load and Trust::load make something of: the contents of every file together with its
/// role and its place among its like, and every setting. The same contents in another role are another
/// identity or another trust.
std::string content_digest(const IdentityFiles& identity, const trust::TrustFiles& trust);

}  // namespace persona::identity
