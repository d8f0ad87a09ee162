// One service of `persona run`: from its configuration to something that listens and is kept up to date.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "overrides.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/forward/service.hpp"
#include "persona/reload/expiry_watch.hpp"
#include "persona/reload/reloader.hpp"
#include "prepare.hpp"

namespace persona::cli {

/// The log of a service, or of the process (without a name); a refusal names the place of log.file. Blocks.
Result<std::shared_ptr<log::Logger>> open_log(const std::string& name, const Prepared& service);

/// A service with its log, before it listens.
struct OpenedService {
  std::filesystem::path file;                 ///< its configuration
  std::shared_ptr<forward::Service> service;  ///< never null
  std::vector<std::filesystem::path> files;   ///< all that was read
  std::vector<std::string> warnings;          ///< for its log
};

/// Opens the logs of a service that was prepared without errors. Blocks; any thread.
Result<OpenedService> open_service(Prepared prepared);

/// For its log: where a service listens now, and where no longer.
void tell(log::Logger& logger, const forward::ListenChange& change);

/// Reloads a service and warns of what expires, from start() on. On the main loop; must be destroyed before
/// that can end. The service itself lives on in the runtime.
class HostedService {
 public:
  /// `runtime` must outlive this. `held`: not the time to listen elsewhere. `applied`: new connections use a
  /// new generation.
  HostedService(forward::Runtime& runtime, OpenedService opened, const Overrides& overrides,
                std::function<bool()> held, std::function<void(const forward::Service&)> applied);

  const std::filesystem::path& file() const { return file_; }
  const std::shared_ptr<forward::Service>& service() const { return service_; }

  void start();
  /// `refused` is told why it is refused; held until that is known.
  /// A SPIFFE agent has given something new, to this service or another.
  void svids_came();
  void reload(std::function<void(const std::string&)> refused) { reloader_->reload(std::move(refused)); }

 private:
  std::filesystem::path file_;
  std::shared_ptr<forward::Service> service_;
  std::unique_ptr<reload::ExpiryWatch> expiry_;
  std::unique_ptr<reload::Reloader> reloader_;
};

}  // namespace persona::cli
