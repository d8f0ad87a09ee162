// A configuration of stunnel becomes one of persona's for each of its services, with a remark for each line
// that does not mean the same here. Nothing is written, and files are read through Surroundings alone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::importing {

inline constexpr std::size_t largest_stunnel_file = std::size_t{1} << 20;  ///< bytes of one file
inline constexpr std::size_t most_stunnel_files = 256;                     ///< with those that it includes
inline constexpr std::size_t most_stunnel_lines = 5'000;                   ///< of all of them, with a meaning
inline constexpr std::size_t most_stunnel_services = 200;
inline constexpr std::size_t most_remarks = 2'000;
inline constexpr int deepest_include = 8;

/// What became of a line, in the order of gravity.
enum class Fate {
  not_needed,  ///< it has no key here, and nothing is missing
  changed,     ///< carried over, and does not mean quite the same
  to_do,       ///< carried over but for something that only the administrator knows
  left_out,    ///< there is no such thing here
};

std::string_view to_string(Fate fate);  ///< "not needed", "left out"

struct Remark {
  std::filesystem::path file;
  std::size_t line = 0;  ///< 1-based
  Fate fate = Fate::not_needed;
  std::string sentence;  ///< begins with the option; printable, and without passwords
};

struct ImportedService {
  std::string name;  ///< of the file without .yaml: letters, digits, '-', '_' and '.', none twice
  std::string yaml;
};

struct Imported {
  std::vector<ImportedService> services;
  std::vector<Remark> remarks;  ///< in the order of lines

  /// Nothing was left out, and nothing is left to do.
  bool is_complete() const;
};

/// What an import may look at besides. Errors say what and why, as in "cannot read x.conf: Permission
/// denied".
class Surroundings {
 public:
  Surroundings() = default;
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  virtual ~Surroundings() = default;

  /// A file's text, of at most largest_stunnel_file bytes.
  virtual Result<std::string> read(const std::filesystem::path& file) = 0;

  /// The regular files of a folder, sorted by name.
  virtual Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) = 0;

  /// The pins ("sha256//...") of the certificates in a file; none if it cannot be read.
  virtual std::vector<std::string> pins_in(const std::filesystem::path& file) = 0;
};

/// The error is a sentence that begins with FILE:LINE: where there is one.
Result<Imported> import_stunnel(const std::filesystem::path& file, Surroundings& surroundings);

/// Every option of stunnel, what it is here, and what becomes of it: a table in Markdown.
std::string stunnel_options_in_markdown();

}  // namespace persona::importing
