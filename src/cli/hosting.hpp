// The services of `persona run`: those of the files that the configuration stands for, which come and go.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config_folder.hpp"
#include "hosted_service.hpp"
#include "overrides.hpp"
#include "persona/admin/report.hpp"
#include "persona/base/log.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/net/file_watcher.hpp"
#include "persona/net/timer.hpp"
#include "persona/net/work.hpp"
#include "prepare.hpp"
#include "refusal.hpp"
#include "reload_round.hpp"

namespace persona::cli {

/// With a folder as configuration it starts the services of files that are added and removes those of files
/// that are gone: on reload(), when the folder changes, and at every reload.interval (the shortest of the
/// services; not while all have reload.watch: false). One that cannot be started is reported and tried again;
/// the others go on.
///
/// On the main loop, or before that runs; stop() must have been called before it can end.
class Hosting {
 public:
  struct Events {
    /// A service is about to listen, though the process has started long ago. A failure refuses it.
    std::function<Result<void>(const forward::Service&)> adding;
    /// services() has fewer.
    std::function<void()> removed;
    /// Not now: nothing is to listen elsewhere for a moment.
    std::function<bool()> held;
  };

  /// `config`: a file or a folder. `runtime` must outlive this. `logger`: for lines about the process, which
  /// go where the first service's go.
  Hosting(std::filesystem::path config, Overrides overrides, forward::Runtime& runtime,
          std::shared_ptr<log::Logger> logger, Events events);

  /// Opens the service's log and binds its addresses. `prepared` has no errors. At start: it blocks.
  tl::expected<std::shared_ptr<forward::Service>, Refusal> add(Prepared prepared);

  /// From now on everything is kept up to date.
  void start();

  /// Loads everything again, and opens log files again. `round` is held until that is over.
  void reload(std::shared_ptr<ReloadRound> round);

  void reopen_logs();

  /// A SPIFFE agent has given something new.
  void svids_came();

  /// Nothing is kept up to date any more.
  void stop();

  /// Each name once: those that run, and those whose last connections have not ended.
  std::vector<std::shared_ptr<forward::Service>> services() const;

  /// Completes what is said of services(): which of them are leaving, and which could not be started.
  void describe(std::vector<admin::ServiceState>& states) const;

 private:
  /// Why to look into the folder, the most urgent cause last.
  enum class Cause { none, again, changed, asked };

  /// A file whose service could not be started.
  struct Refused {
    std::filesystem::path file;
    std::string name;
    config::Mode mode = config::Mode::persona;
    std::vector<std::string> errors;
  };

  HostedService& keep(OpenedService opened);
  void look(Cause cause);
  void looked(Cause cause, FolderContents contents);
  void reload_all();
  bool remove_missing(Cause cause, const FolderContents& contents);
  void remove(const HostedService& hosted);
  std::optional<std::string> start_new(NewFile& added);
  void note_refused(Cause cause, std::vector<Refused> refused);
  void watch(const net::Places& places);
  void look_later(bool soon);
  void let_go(const forward::Service* leaving);
  bool runs(const std::string& name) const;
  std::optional<config::Reload> reload_settings() const;

  std::filesystem::path config_;
  bool is_folder_;
  Overrides overrides_;
  forward::Runtime& runtime_;
  std::shared_ptr<log::Logger> logger_;
  Events events_;
  std::list<HostedService> hosted_;
  std::vector<std::shared_ptr<forward::Service>> leaving_;
  std::vector<Refused> refused_;
  std::string trouble_;                      // why the folder could not be looked at; empty: it could
  std::set<std::filesystem::path> missing_;  // files that the last look did not find
  Cause pending_ = Cause::none;
  std::shared_ptr<ReloadRound> round_;  // until the look that was asked for is over
  bool stopped_ = false;
  std::optional<net::FileWatcher> watcher_;
  bool watch_problem_told_ = false;
  net::HandlePtr<net::Timer> timer_;               // for the next look
  net::HandlePtr<net::Work> work_;                 // during a look
  std::list<net::HandlePtr<net::Work>> partings_;  // services that are being freed
};

}  // namespace persona::cli
