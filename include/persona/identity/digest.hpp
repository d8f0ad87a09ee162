// Are the contents of files the same as before? Timestamps cannot say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace persona::identity {

/// SHA-256 over the contents of the files and their order; of one that cannot be read, over the reason. Only
/// to be compared within the process: it is made of secrets, too. Never empty, unless hashing itself fails.
/// Blocks on the file system; any thread.
std::string content_digest(const std::vector<std::filesystem::path>& files);

}  // namespace persona::identity
