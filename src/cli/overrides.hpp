// What the command line, or the environment, says instead of a configuration file; and what the process may
// no longer do, whatever a file says.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "persona/base/log.hpp"
#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"
#include "persona/host/confinement.hpp"
#include "persona/net/switchboard.hpp"

namespace persona::cli {

struct SvidAgents;

/// Holds for every service of the process, at each reload too. Plain values, so that any thread may load.
struct Overrides {
  std::optional<log::Level> log_level;
  std::optional<log::Format> log_format;
  std::optional<std::string> log_file;  ///< relative to the working directory; empty: standard error
  std::shared_ptr<const host::Confinement> confinement{};  ///< null: everything is allowed
  bool loads_modules = true;                               ///< of tokens; see check_confinement()
  std::shared_ptr<const net::Switchboard> key_process{};   ///< has the keys that are in files; null: we do
  std::shared_ptr<const SvidAgents> svid_agents{};  ///< null: an agent is asked when its SVID is needed

  /// Findings about `log_file` have no place in the file.
  void apply(config::Config& config, config::Report& report) const;
};

}  // namespace persona::cli
