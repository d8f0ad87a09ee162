// When a service's files change, they are loaded off the loop, checked, tried, and used by new connections.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/listen_plan.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/file_stamp.hpp"
#include "persona/net/file_watcher.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/timer.hpp"
#include "persona/net/work.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::reload {

class Probe;

using forward::Generation;
using forward::HandshakePool;
using forward::Material;
using forward::Service;

/// What a service uses that is in no file, such as a store of the system.
struct Elsewhere {
  std::function<std::string()> look;  ///< a digest of it as it is now; null: there is nothing. Any thread
  std::string seen;                   ///< that of what was loaded
};

/// All files of a service, read once.
struct Loaded {
  std::optional<Material> material;          ///< nothing: refused, see `errors`
  std::vector<std::string> errors;           ///< "conf/pg.yaml:7:16: the private key does not match ..."
  std::vector<std::string> warnings;         ///< in the same form
  std::vector<std::filesystem::path> files;  ///< those read; incomplete if the configuration is broken
  std::string digest;                        ///< of their contents; empty: they changed while being read
  Elsewhere elsewhere{};
};

/// Reloads one service: on request, when its files change, and every reload.interval if a change went
/// unnoticed or was refused. One load at a time; events during a load start another one. A refused reload
/// changes nothing but CRLs: newer ones that are valid are used without the rest. It is logged once.
///
/// On the main loop; must be destroyed before that can end.
class Reloader {
 public:
  /// Runs on another thread and may outlive the reloader, so it must own what it uses.
  using Load = std::function<Loaded()>;

  /// Has the service listen where a new configuration says, just before that is used. False: not now, all is
  /// to be tried again soon. When it fails nothing has changed, and the reload is refused.
  using Listen = std::function<Result<bool>(const forward::ListenPlan&)>;

  /// `files`: what the service was loaded from. `pool` and `resolver` must outlive the reloader. `applied` is
  /// called once new connections use a new generation.
  Reloader(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver, std::shared_ptr<Service> service,
           Load load, std::vector<std::filesystem::path> files, Listen listen, std::function<void()> applied);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// Checks the files immediately (they may have changed since they were loaded) and watches them from then
  /// on.
  void start();

  /// What the service uses that is in no file may have changed (Elsewhere).
  void pushed() { look(Cause::pushed); }

  /// For SIGHUP or the service manager: loads even if nothing has changed, and always logs the result. First
  /// reopens the log file, which logrotate may have renamed. `done` is called once that result is known: why
  /// it was refused, or empty; it is destroyed without a call when the reloader is.
  using Done = std::function<void(const std::string& refusal)>;
  void reload(Done done = {});

 private:
  /// Why to check the files, the most urgent cause last.
  enum class Cause { none, start, pushed, changed, interval, again, asked };

  enum class How { compare, load_if_changed, load };

  /// The result of checking the files; made on another thread.
  struct Look {
    std::vector<std::filesystem::path> files;
    std::vector<net::FileStamp> stamps;  // of `files`, taken before they were read
    Elsewhere elsewhere;
    net::Places places;
    bool fresh = false;            // written so recently that another write may have left the same stamps
    std::optional<Loaded> loaded;  // nothing: not loaded, because nothing had changed
    bool settled = true;           // false: the files kept changing while being read
    bool same = false;             // their contents are those in use
    std::vector<std::string> restart_needed;
    std::shared_ptr<const Generation> next;     // null: not loaded, or not usable
    std::optional<forward::ListenPlan> listen;  // where `next` listens; nothing: where it does already
    // What is in use with the newer CRLs on disk, for when `next` is refused; null: there are none.
    std::shared_ptr<const Generation> newer_crls;
    std::vector<trust::CrlInfo> crls;  // those
  };

  /// The input of look_at(), which must not touch the reloader.
  struct Task {
    Load load;
    std::vector<std::filesystem::path> files;
    std::vector<net::FileStamp> stamps;
    Elsewhere elsewhere;
    How how = How::load_if_changed;
    std::shared_ptr<const Generation> running;
  };

  static std::string_view word(Cause cause);
  static Look look_at(const Task& task);
  static void load_settled(Look& look, const Load& load);
  static void judge(Look& look, const Generation& running);

  void look(Cause cause);
  How how(Cause cause) const;
  void looked(Cause cause, const std::shared_ptr<Look>& look);
  void probe(Cause cause, const std::shared_ptr<Look>& look);
  void unchanged();
  void apply(Cause cause, const Look& look);
  void refuse(Cause cause, std::vector<std::string> errors, bool newer_on_disk);
  void apply_newer_crls(const Look& look);
  void try_again(Cause cause);
  void answer(Cause cause, const std::string& refusal);
  void tell_restart(Cause cause, const std::vector<std::string>& keys) const;
  void watch();
  void next();
  const config::Reload& settings() const { return running_->config().reload; }

  net::Loop& loop_;
  HandshakePool& pool_;
  net::Resolver& resolver_;
  std::shared_ptr<Service> service_;
  Load load_;
  Listen listen_;
  std::function<void()> applied_;
  std::shared_ptr<const Generation> running_;
  std::vector<std::filesystem::path> files_;
  std::vector<net::FileStamp> stamps_;  // of files_ at the last check; empty: never checked
  Elsewhere elsewhere_;                 // likewise
  net::Places places_;                  // where to watch them
  std::vector<std::string> refusal_;    // why the last load was refused; empty: it was not
  Cause pending_ = Cause::none;         // check again immediately
  bool soon_ = false;                   // check again soon
  std::vector<Done> asked_;             // by those whose load has not begun yet
  std::vector<Done> answering_;         // by those whose load is under way
  std::optional<net::FileWatcher> watcher_;
  bool watch_problem_told_ = false;
  net::HandlePtr<net::Timer> timer_;  // for the next check
  net::HandlePtr<net::Work> work_;    // during a check
  std::unique_ptr<Probe> probe_;      // during a trial, after the check
};

}  // namespace persona::reload
