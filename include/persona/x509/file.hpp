// Reading certificate, key and password files.
#pragma once

#include <cstdint>
#include <filesystem>

#include "persona/base/result.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

/// A chain or a CA bundle of a whole operating system is smaller; more is a mistake, such as the wrong file.
inline constexpr std::uintmax_t usual_file_limit = 1U << 20U;

/// The whole of a regular file of at most `limit` bytes, without a copy left in an input buffer. A failure
/// says why, with the operating system's reason: "cannot read client.key: Permission denied".
Result<Secret> read_file(const std::filesystem::path& path, std::uintmax_t limit = usual_file_limit);

/// The password that a file holds: its first line, without the end of the line, as for openssl's -passin
/// file:.
Result<Secret> read_password_file(const std::filesystem::path& path);

}  // namespace persona::x509
