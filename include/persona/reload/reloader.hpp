// A service's files change: they are loaded away from the loop, checked, tried, and used by new connections.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/file_stamp.hpp"
#include "persona/net/file_watcher.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/timer.hpp"
#include "persona/net/work.hpp"

namespace persona::reload {

class Probe;

using forward::Generation;
using forward::HandshakePool;
using forward::Material;
using forward::Service;

/// All files of a service, read once.
struct Loaded {
  std::optional<Material> material;          ///< nothing: refused, see `errors`
  std::vector<std::string> errors;           ///< "conf/pg.yaml:7:16: the private key does not match ..."
  std::vector<std::string> warnings;         ///< of the same form
  std::vector<std::filesystem::path> files;  ///< what was read, as far as the configuration could name it
  std::string digest;  ///< of their contents; empty: they have changed while they were read
};

/// Reloads one service: when asked, when its files change, and every reload.interval when they have
/// changed without being noticed or were refused. One load at a time; what happens meanwhile starts another.
/// What is refused leaves everything as it was, and is told once.
///
/// On the main loop; to be let go before it can end.
class Reloader {
 public:
  /// Runs on another thread and may outlive the reloader, so it must own what it uses.
  using Load = std::function<Loaded()>;

  /// `files`: what the service was loaded from. `pool` and `resolver` outlive the reloader. `applied` is
  /// called when new connections use another generation.
  Reloader(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver, std::shared_ptr<Service> service,
           Load load, std::vector<std::filesystem::path> files, std::function<void()> applied);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// Looks at the files at once (they may have changed since they were loaded) and watches them from then on.
  void start();

  /// By SIGHUP or the service manager: loads whether anything has changed or not, and always says what came
  /// of it. A log file that was renamed (logrotate) is let go first.
  void reload();

 private:
  /// Why to look, the most urgent last.
  enum class Cause { none, start, changed, interval, again, asked };

  enum class How { compare, load_if_changed, load };

  /// What a look at the files found; made on another thread.
  struct Look {
    std::vector<std::filesystem::path> files;
    std::vector<net::FileStamp> stamps;  // of `files`, before they were read
    net::Places places;
    bool fresh = false;            // written so recently that the stamps may hide another write
    std::optional<Loaded> loaded;  // nothing: nothing had changed
    bool settled = true;           // false: the files kept changing while they were read
    bool same = false;             // their contents are what is in use
    std::vector<std::string> restart_needed;
    std::shared_ptr<const Generation> next;  // when it was loaded and can be used
  };

  /// What a look needs; nothing of the reloader.
  struct Task {
    Load load;
    std::vector<std::filesystem::path> files;
    std::vector<net::FileStamp> stamps;
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
  void tell_restart(Cause cause, const std::vector<std::string>& keys) const;
  void watch();
  void next();
  const config::Reload& settings() const { return running_->config().reload; }

  net::Loop& loop_;
  HandshakePool& pool_;
  net::Resolver& resolver_;
  std::shared_ptr<Service> service_;
  Load load_;
  std::function<void()> applied_;
  std::shared_ptr<const Generation> running_;
  std::vector<std::filesystem::path> files_;
  std::vector<net::FileStamp> stamps_;  // of files_ when they were last looked at; empty: never
  net::Places places_;                  // where they are watched
  std::vector<std::string> refusal_;    // why the last load was refused; empty: it was not
  Cause pending_ = Cause::none;         // to look again, at once
  bool soon_ = false;                   // or soon
  std::optional<net::FileWatcher> watcher_;
  bool watch_problem_told_ = false;
  net::HandlePtr<net::Timer> timer_;  // to look again
  net::HandlePtr<net::Work> work_;    // while looking
  std::unique_ptr<Probe> probe_;      // behind it
};

}  // namespace persona::reload
