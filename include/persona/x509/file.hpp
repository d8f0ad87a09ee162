// Reads certificate, key and password files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "persona/base/result.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

/// More than any chain needs, or the CA bundle of a whole operating system: a larger file is the wrong one.
inline constexpr std::uintmax_t usual_file_limit = 1U << 20U;

/// A whole regular file of at most `limit` bytes, with no copy left in an input buffer; text as as_utf8()
/// (text_encoding.hpp) makes it, so a password file may have a byte order mark. The error gives the
/// operating system's reason: "cannot read client.key: Permission denied".
Result<Secret> read_file(const std::filesystem::path& path, std::uintmax_t limit = usual_file_limit);

/// The password in a file: its first line without the line ending, as with openssl's -passin file:.
Result<Secret> read_password_file(const std::filesystem::path& path);

/// The content of a file has a private key, encrypted or not: as PEM or PKCS#12, in any encoding that
/// read_file() takes. One that is DER alone is not told from other DER.
bool looks_like_private_key(std::string_view content);

}  // namespace persona::x509
