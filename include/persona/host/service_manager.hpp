// `persona service ...`: the Service Control Manager of Windows, which does what it is asked; or systemd, for
// which the same functions print the commands and run none.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/result.hpp"

namespace persona::host {

enum class StartType { automatic, delayed, manual };

struct ServiceSettings {
  std::string name;              ///< as check_service_name() allows
  std::filesystem::path config;  ///< a file, or a folder of them; absolute
  StartType start = StartType::automatic;
  std::string account;       ///< one line; empty: one with few rights
  std::string password;      ///< of the account; empty: it needs none
  std::string display;       ///< empty: "persona NAME"
  std::string description;   ///< empty: what the service does in general
  Milliseconds shutdown{0};  ///< the longest timeouts.shutdown of the configuration; zero: no bound
  std::vector<std::filesystem::path> files;           ///< absolute; all that it reads
  std::vector<std::filesystem::path> log_folders;     ///< absolute; where it writes
  std::vector<std::filesystem::path> socket_folders;  ///< absolute; where it makes Unix sockets
  std::vector<std::string> socket_groups;             ///< to which it gives them, names or ids
  bool has_low_port = false;                          ///< below 1024, for which Linux wants a capability
};

/// When the Service Control Manager restarts a service that has failed: the last step is repeated for as long
/// as it fails, so a broken configuration is tried four times an hour, with an entry in the Event Log each
/// time, and works within a quarter of an hour of being fixed. After a day without a failure it begins again.
inline constexpr std::array<std::chrono::milliseconds, 4> restart_delays = {
    std::chrono::seconds(5), std::chrono::seconds(30), std::chrono::minutes(1), std::chrono::minutes(15)};
inline constexpr const char* restarts_in_words = "after 5 s, 30 s, 1 min, and then every 15 min";

/// Gets whole lines (without the line end) for the administrator, while work goes on.
using Say = std::function<void(const std::string&)>;

// All block until the work is done, or a time limit that their messages state is over. Names are as
// check_service_name() allows. ErrorKind::configuration: what the administrator asked for is refused (a
// service that is not persona's, or does not exist); ErrorKind::network: the system refused or failed, and
// the message says what is needed (rights, mostly). Platform: host/service_manager_{windows,posix}.cpp.

/// Help texts and hints of the command line differ.
enum class Manager { windows, systemd };
Manager service_manager();

Result<void> install_service(const ServiceSettings& settings, const Say& say);

/// Stops it first, draining.
Result<void> uninstall_service(const std::string& name, const Say& say);

/// Returns when everything listens, or with the reason why it ended. No error when it is already running.
Result<void> start_service(const std::string& name, const Say& say);

/// Returns when connections have ended or timeouts.shutdown has cut them. No error when it is not running.
Result<void> stop_service(const std::string& name, const Say& say);

Result<void> restart_service(const std::string& name, const Say& say);

/// Returns when it has been asked; the result of the reload is in its log.
Result<void> reload_service(const std::string& name, const Say& say);

/// What is known of it, in lines. False when it does not run. Fails when there is no such service, and where
/// its state cannot be found out. For systemd it asks systemctl(1), which changes nothing.
Result<bool> show_service(const std::string& name, const Say& say);

/// Those installed by persona, as a table.
Result<void> list_services(const Say& say);

}  // namespace persona::host
