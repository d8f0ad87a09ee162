// Reading certificate, key and password files.
#pragma once

#include <filesystem>

#include "persona/base/result.hpp"
#include "secret.hpp"

namespace persona::identity {

/// The whole of a regular file of at most 1 MiB, without a copy left in an input buffer. A failure says why,
/// with the operating system's reason: "cannot read client.key: Permission denied".
Result<Secret> read_file(const std::filesystem::path& path);

}  // namespace persona::identity
