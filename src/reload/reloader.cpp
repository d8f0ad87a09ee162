#include "persona/reload/reloader.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "persona/identity/identity.hpp"
#include "persona/reload/expiry_watch.hpp"
#include "persona/reload/probe.hpp"

namespace persona::reload {

using forward::ReloadStatus;

namespace {

constexpr int most_loads = 5;  // per check, if the files change while being read
constexpr Milliseconds soon{250};
constexpr Milliseconds compare_interval = ExpiryWatch::interval;  // which reports the result

std::vector<std::filesystem::path> sorted(std::vector<std::filesystem::path> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::int64_t nanoseconds_now() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// What is now in use, for the log line.
log::Fields describe(const Generation& generation) {
  log::Fields fields;
  if (const auto& identity = generation.tls()->options().identity) {
    const x509::CertificateInfo leaf = identity->chain().describe().front();
    fields.emplace_back("certificate", leaf.name);
    fields.emplace_back("serial", leaf.serial);
    fields.emplace_back("expires", x509::format_date(leaf.not_after));
  }
  return fields;
}

}  // namespace

std::string_view Reloader::word(Cause cause) {
  switch (cause) {
    case Cause::asked:
      return "asked";
    case Cause::start:
      return "start";
    case Cause::pushed:
      return "pushed";
    default:
      return "files changed";
  }
}

Reloader::Reloader(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
                   std::shared_ptr<Service> service, Load load, std::vector<std::filesystem::path> files,
                   Listen listen, std::function<void()> applied)
    : loop_(loop),
      pool_(pool),
      resolver_(resolver),
      service_(std::move(service)),
      load_(std::move(load)),
      listen_(std::move(listen)),
      applied_(std::move(applied)),
      running_(service_->current()),
      files_(sorted(std::move(files))),
      timer_(net::Timer::create(loop, nullptr)) {}

Reloader::~Reloader() = default;

void Reloader::start() {
  look(Cause::start);
}

void Reloader::reload(Done done) {
  if (done) {
    asked_.push_back(std::move(done));
  }
  service_->reopen_logs();
  look(Cause::asked);
}

// Runs on another thread, as do the next two functions.
Reloader::Look Reloader::look_at(const Task& task) {
  Look look;
  look.files = task.files;
  look.stamps = net::stamps_of(look.files);
  try {
    look.elsewhere = task.elsewhere;
    if (task.how != How::load && look.elsewhere.look) {
      look.elsewhere.seen = look.elsewhere.look();
    }
    const bool changed = look.stamps != task.stamps || look.elsewhere.seen != task.elsewhere.seen;
    if (task.how == How::load || (task.how == How::load_if_changed && changed)) {
      load_settled(look, task.load);
      judge(look, *task.running);
      if (look.settled && !look.same && (!look.next || look.next->config().reload.probe || look.listen)) {
        look.newer_crls = task.running->with_newer_crls(look.crls);
      }
    }
    look.places = net::places_of(look.files);
  } catch (const std::exception& error) {  // for example, out of memory
    look.loaded.emplace().errors.emplace_back(error.what());
    look.settled = true;
    look.next = nullptr;
  }
  look.fresh = net::is_fresh(look.stamps, nanoseconds_now());
  return look;
}

/// Loads until the result matches what is on disk: the stamps were taken before the contents were read, and
/// no file changed between the first read and the last.
void Reloader::load_settled(Look& look, const Load& load) {
  for (int count = 0; count < most_loads; ++count) {
    look.loaded = load();
    look.elsewhere = look.loaded->elsewhere;
    std::vector<std::filesystem::path> files = look.loaded->files;
    if (!look.loaded->material) {
      files.insert(files.end(), look.files.begin(), look.files.end());  // it may not name all of them
    }
    files = sorted(std::move(files));
    look.settled = !look.loaded->digest.empty() && files == look.files;
    if (look.settled) {
      return;
    }
    look.files = std::move(files);
    look.stamps = net::stamps_of(look.files);
  }
}

void Reloader::judge(Look& look, const Generation& running) {
  Loaded& loaded = *look.loaded;
  look.same = !loaded.digest.empty() && loaded.digest == running.digest();
  if (!look.settled || !loaded.material) {
    return;
  }
  if (loaded.material->config.mode != running.config().mode) {
    loaded.errors.emplace_back(
        "the file has changed from one of `gateway` and `service` to the other: restart persona to use it");
    return;
  }
  const auto& listen = loaded.material->config.listen;
  const auto& before = running.config().listen;
  if (!std::equal(listen.begin(), listen.end(), before.begin(), before.end(), config::is_same)) {
    auto plan = forward::plan_listening(loaded.material->config);
    if (!plan) {
      loaded.errors.push_back(plan.error().message);
      return;
    }
    look.listen = std::move(*plan);
  }
  look.restart_needed = forward::keep_what_needs_restart(loaded.material->config, running.config());
  auto next = Generation::create(std::move(*loaded.material), &running);
  if (!next) {
    loaded.errors.push_back(next.error().message);
    return;
  }
  look.next = std::move(*next);
}

Reloader::How Reloader::how(Cause cause) const {
  switch (cause) {
    case Cause::asked:
    case Cause::again:
      return How::load;
    case Cause::interval:
      if (!settings().watch) {
        return How::compare;  // loads only on request, but the status still says that newer files exist
      }
      return refusal_.empty() ? How::load_if_changed : How::load;
    default:
      return How::load_if_changed;
  }
}

void Reloader::look(Cause cause) {
  if (work_ || probe_) {
    pending_ = std::max(pending_, cause);
    return;
  }
  timer_->stop();
  cause = std::max(cause, std::exchange(pending_, Cause::none));  // what the timer would have done
  if (cause == Cause::asked) {
    answering_.insert(answering_.end(), std::make_move_iterator(asked_.begin()),
                      std::make_move_iterator(asked_.end()));
    asked_.clear();
  }
  auto task = std::make_shared<Task>(Task{load_, files_, stamps_, elsewhere_, how(cause), running_});
  auto found = std::make_shared<Look>();
  std::string error;
  work_ = net::Work::start(
      loop_, [task, found] { *found = look_at(*task); },
      [this, cause, task, found] {
        work_.reset();
        if (task->how == How::compare) {
          ReloadStatus status = service_->reload_status();
          status.newer_on_disk = found->stamps != stamps_ || found->elsewhere.seen != elsewhere_.seen;
          service_->set_reload_status(std::move(status));
          next();
        } else {
          looked(cause, found);
        }
      },
      error);
  if (!work_) {
    refuse(cause, {fmt::format("cannot load: {}", error)}, false);
    next();
  }
}

void Reloader::looked(Cause cause, const std::shared_ptr<Look>& look) {
  files_ = look->files;
  stamps_ = look->stamps;
  elsewhere_ = look->elsewhere;
  places_ = std::move(look->places);
  if (!look->loaded) {
    next();
    return;
  }
  soon_ = look->fresh && settings().watch;
  if (look->settled && !look->next) {
    refuse(cause, look->loaded->errors, !look->same);
    apply_newer_crls(*look);
  } else if (!look->settled) {
    try_again(cause);
  } else if (look->same && cause != Cause::asked) {
    unchanged();
  } else if (look->next->config().reload.probe && service_->mode() == config::Mode::persona && !look->same) {
    probe(cause, look);
    return;
  } else {
    apply(cause, *look);
  }
  next();
}

void Reloader::probe(Cause cause, const std::shared_ptr<Look>& look) {
  probe_ = std::make_unique<Probe>(
      loop_, pool_, resolver_, look->next, Probe::Options{},
      [this, cause, look](const Probe::Result& result) {
        if (result.failed) {
          refuse(cause,
                 {fmt::format("the trial connection to the gateway failed (reload.probe): {}",
                              result.failed->error)},
                 true);
          apply_newer_crls(*look);
        } else {
          apply(cause, *look);
        }
        probe_.reset();  // after its last use: the callback owns `look`
        next();
      });
}

void Reloader::unchanged() {
  ReloadStatus status = service_->reload_status();
  if (!refusal_.empty()) {
    service_->logger().info("the files are again those in use");
  }
  refusal_.clear();
  status.last_successful = true;
  status.last_error.clear();
  status.newer_on_disk = false;
  service_->set_reload_status(std::move(status));
}

void Reloader::apply(Cause cause, const Look& look) {
  if (look.listen) {
    const auto listening = listen_(*look.listen);
    if (!listening) {
      refuse(cause, {listening.error().message}, true);
      apply_newer_crls(look);
      return;
    }
    if (!*listening) {
      try_again(cause);
      return;
    }
  }
  running_ = look.next;
  refusal_.clear();
  service_->replace(look.next);
  log::Logger& logger = service_->logger();
  logger.set_level(running_->config().log.level);
  log::Fields fields = describe(*running_);
  fields.emplace_back("cause", word(cause));
  fields.emplace_back("changed", !look.same);
  logger.info("reloaded", fields);
  for (const std::string& warning : look.loaded->warnings) {
    logger.warn(warning);
  }
  tell_restart(cause, look.restart_needed);
  service_->set_reload_status({true, x509::now(), {}, false, look.restart_needed});
  applied_();
  answer(cause, "");
}

void Reloader::try_again(Cause cause) {
  soon_ = true;
  pending_ = cause == Cause::asked ? cause : pending_;  // the request still needs an answer
}

/// Those who have asked for what is now done.
void Reloader::answer(Cause cause, const std::string& refusal) {
  if (cause != Cause::asked) {
    return;
  }
  for (const Done& done : std::exchange(answering_, {})) {
    done(refusal);
  }
}

void Reloader::tell_restart(Cause cause, const std::vector<std::string>& keys) const {
  if (cause != Cause::asked && keys == service_->reload_status().restart_needed) {
    return;
  }
  for (const std::string& key : keys) {
    service_->logger().warn(fmt::format("{} changed: restart persona to use it", key));
  }
}

void Reloader::refuse(Cause cause, std::vector<std::string> errors, bool newer_on_disk) {
  if (errors.empty()) {
    errors.emplace_back("it cannot be used");
  }
  ReloadStatus status = service_->reload_status();
  status.last_successful = false;
  status.last_error = errors.front();
  status.newer_on_disk = newer_on_disk;
  service_->set_reload_status(std::move(status));
  if (errors == refusal_ && cause != Cause::asked) {
    return;
  }
  for (const std::string& error : errors) {
    service_->logger().error(error);
  }
  service_->logger().warn(cause == Cause::pushed ? "what was pushed is refused: what is in use stays"
                          : newer_on_disk
                              ? "newer files are on disk, but they are refused: what is in use stays"
                              : "the reload is refused: what is in use stays",
                          {{"cause", word(cause)}, {"error", errors.front()}, {"errors", errors.size()}});
  answer(cause, errors.front());
  refusal_ = std::move(errors);
}

/// Revocation does not wait until somebody has mended the rest.
void Reloader::apply_newer_crls(const Look& look) {
  if (!look.newer_crls) {
    return;
  }
  running_ = look.newer_crls;
  service_->replace(running_);
  for (const trust::CrlInfo& list : look.crls) {
    service_->logger().info(
        "a newer revocation list is in use, though the rest of what is on disk is refused",
        {{"issuer", list.issuer},
         {"file", list.source},
         {"revoked", list.revoked},
         {"expires", x509::format_date(list.next_update)}});
  }
  applied_();
}

void Reloader::watch() {
  if (!settings().watch) {
    watcher_.reset();
    return;
  }
  if (!watcher_) {
    watcher_.emplace(loop_, [this] { look(Cause::changed); });
  }
  const auto outcome = watcher_->watch(places_);
  if (outcome.added) {
    pending_ = std::max(pending_, Cause::changed);  // the files may have changed before they were watched
  }
  if (outcome.problem && !std::exchange(watch_problem_told_, true)) {
    const Milliseconds interval = settings().interval;
    service_->logger().warn(
        *outcome.problem,
        {{"instead", interval.count() > 0
                         ? fmt::format("looked at every {} (reload.interval)", format_duration(interval))
                         : "nothing, as reload.interval is 0s: reload by SIGHUP, on Windows by persona "
                           "service reload"}});
  }
}

/// Decides what follows a check.
void Reloader::next() {
  watch();
  if (std::exchange(soon_, false)) {
    timer_->start(soon, [this] { look(Cause::again); });
  } else if (pending_ != Cause::none) {
    look(pending_);
  } else if (const Milliseconds interval = settings().watch ? settings().interval : compare_interval;
             interval.count() > 0) {
    timer_->start(interval, [this] { look(Cause::interval); });
  }
}

}  // namespace persona::reload
