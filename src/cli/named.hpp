// What a configuration names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "persona/config/config.hpp"

namespace persona::cli {

/// All that is read for a service, the configuration first; none is empty.
std::vector<std::filesystem::path> files_named_by(const config::Config& config);

/// Its log files.
std::vector<std::filesystem::path> logs_of(const config::Config& config);

/// Where it connects to: gateways or their proxy, a service; TCP alone.
std::vector<config::Located<Endpoint>> dialled_by(const config::Config& config);

/// Where it listens, administrators' endpoint included.
std::vector<config::Located<Endpoint>> listened_on_by(const config::Config& config);

/// What may be had on behalf of a configuration, as it is now. Blocks; one thread at a time.
class Named {
 public:
  /// `config`: a file or a folder. `without_keys`: no file that has a private key, nor its password. `log`:
  /// the log file that the command line names in place of the configuration's; empty: none.
  Named(std::filesystem::path config, bool without_keys, const std::string& log);

  // What was named once stays so. The configuration is read again for what was not.
  bool has_file(const std::filesystem::path& file);
  bool has_port(std::uint16_t port);  ///< to listen on

  /// A log file, also with links resolved, which is none of the files that a configuration consists of:
  /// otherwise whoever may write the log could write what is believed.
  bool has_log(const std::filesystem::path& file);

  /// A file of this content: it has no key that is to stay out of the process, whatever it is called.
  bool may_hand_over(std::string_view content) const;

 private:
  void read_again();
  void add_log(const std::filesystem::path& file);

  std::filesystem::path config_;
  bool without_keys_;
  std::set<std::filesystem::path> files_;
  std::set<std::filesystem::path> believed_;  // all that is read, keys included
  std::set<std::filesystem::path> logs_;
  std::set<std::uint16_t> ports_;
};

}  // namespace persona::cli
