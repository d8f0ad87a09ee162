// YAML to Config. Reads files and nothing else: certificates and addresses are checked by later stages.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"

namespace persona::config {

struct Loaded {
  Report report;
  Config config;  ///< as far as it could be read; to be used only when !report.has_errors()
};

/// Never throws. `text` is the content of `file`, which is not opened.
Loaded parse(const std::filesystem::path& file, std::string_view text);

/// Reads and parses one file; a file that cannot be read is a diagnostic of the file as a whole.
Loaded load(const std::filesystem::path& file);

/// Whether a file of this name belongs to a configuration that is a folder.
bool is_configuration(const std::filesystem::path& name);

/// The files `--config` stands for: the file itself, or every *.yaml in a folder, in order of name. Fails
/// with a sentence when there is none.
Result<std::vector<std::filesystem::path>> find_files(const std::filesystem::path& file_or_folder);

/// Why no log file can be there: it is a folder, or its folder is missing. It may still not be writable.
std::optional<std::string> log_file_problem(const std::filesystem::path& path);

}  // namespace persona::config
