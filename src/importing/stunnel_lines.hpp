// stunnel.conf as lines: options, in the order of the file, by service.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "persona/importing/stunnel.hpp"

namespace persona::importing {

struct StunnelLine {
  std::string option;  ///< as written; case does not count
  std::string value;   ///< without blanks around it; may be empty
  std::size_t file = 0;
  std::size_t number = 0;  ///< 1-based
};

struct StunnelSection {
  StunnelLine header;  ///< `value` is the service's name
  std::vector<StunnelLine> lines;
};

struct StunnelLines {
  std::vector<std::filesystem::path> files;
  std::vector<StunnelLine> global;  ///< before the first service: also defaults of all of them
  std::vector<StunnelSection> services;

  /// "stunnel.conf:12"
  std::string place_of(const StunnelLine& line) const;
};

/// With what `include` names, in its place.
Result<StunnelLines> read_stunnel_lines(const std::filesystem::path& file, Surroundings& surroundings);

}  // namespace persona::importing
