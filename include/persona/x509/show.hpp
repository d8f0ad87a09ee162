// Certificates, chains, keys, CRLs and PKCS#12 files in words, for `persona pki show`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona::x509 {

/// Everything in a file, PEM or DER, a line for each fact. Of a private key only its kind and the pin of its
/// public half. Control characters are escaped. `password_file`: for an encrypted key or a PKCS#12 file.
Result<std::string> show_file(const std::filesystem::path& file,
                              const std::optional<std::filesystem::path>& password_file);

/// The same for content already read, which the output calls `source`.
Result<std::string> show_content(std::string_view content, std::string_view source,
                                 std::optional<std::string_view> password);

}  // namespace persona::x509
