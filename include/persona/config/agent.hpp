// The configuration of `persona agent`, which has private keys for others.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"

namespace persona::config {

struct Agent {
  static constexpr unsigned default_rate = 5000;

  std::filesystem::path file;
  Listen listen;               ///< a Unix socket
  std::vector<Identity> keys;  ///< at least one, all in files
  /// `allow_users`: who may ask, as user names or numeric ids; empty: root and whoever runs the agent.
  std::vector<Located<std::string>> users;
  bool tls12 = false;  ///< signs hashes of clients of TLS 1.2, which may be hashes of anything
  unsigned signatures_per_second = default_rate;  ///< for each user
  log::Settings log;
};

struct LoadedAgent {
  Report report;
  Agent agent;  ///< as far as it could be read; to be used only when !report.has_errors()
};

/// Never throws. `text` is the content of `file`, which is not opened.
LoadedAgent parse_agent(const std::filesystem::path& file, std::string_view text);

/// Reads and parses the file; one that cannot be read is a diagnostic of the file as a whole.
LoadedAgent load_agent(const std::filesystem::path& file);

}  // namespace persona::config
