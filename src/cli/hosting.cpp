#include "hosting.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "persona/config/load.hpp"

namespace persona::cli {

namespace {

constexpr Milliseconds look_soon{1'000};

const char* mode_word(config::Mode mode) {
  return mode == config::Mode::persona ? "persona" : "gateway";
}

}  // namespace

Hosting::Hosting(std::filesystem::path config, Overrides overrides, forward::Runtime& runtime,
                 std::shared_ptr<log::Logger> logger, Events events)
    : config_(std::move(config)),
      overrides_(std::move(overrides)),
      runtime_(runtime),
      logger_(std::move(logger)),
      events_(std::move(events)) {
  std::error_code ignored;
  is_folder_ = std::filesystem::is_directory(config_, ignored);
}

tl::expected<std::shared_ptr<forward::Service>, Refusal> Hosting::add(Prepared prepared) {
  auto opened = open_service(std::move(prepared));
  if (!opened) {
    return refuse(opened.error());
  }
  const std::shared_ptr<forward::Service> service = opened->service;
  for (const std::string& warning : opened->warnings) {
    service->logger().warn(warning);
  }
  const auto bound = runtime_.add(service);
  if (!bound) {
    return refuse_address(bound.error());
  }
  tell(service->logger(), {*bound, {}});
  keep(std::move(*opened));
  return service;
}

HostedService& Hosting::keep(OpenedService opened) {
  const bool is_first = hosted_.empty();
  const auto applied = [this, is_first](const forward::Service& reloaded) {
    if (is_first) {
      logger_->set_level(reloaded.current()->config().log.level);  // as its lines go where this one's go
    }
  };
  return hosted_.emplace_back(runtime_, std::move(opened), overrides_, events_.held, applied);
}

void Hosting::start() {
  for (HostedService& each : hosted_) {
    each.start();
  }
  if (is_folder_) {
    timer_ = net::Timer::create(runtime_.loop(), nullptr);
    look(Cause::changed);  // it may have, since it was loaded
  }
}

void Hosting::stop() {
  stopped_ = true;
  round_.reset();
  work_.reset();
  timer_.reset();
  watcher_.reset();
  partings_.clear();
  const auto running = services();
  hosted_.clear();
  leaving_ = running;
}

void Hosting::reload(std::shared_ptr<ReloadRound> round) {
  round_ = std::move(round);
  if (is_folder_) {
    reopen_logs();
    look(Cause::asked);  // the services follow, those that are still there
    return;
  }
  reload_all();
  round_.reset();
}

void Hosting::reopen_logs() {
  for (const auto& service : services()) {
    service->reopen_logs();
  }
}

void Hosting::svids_came() {
  for (HostedService& each : hosted_) {
    each.svids_came();
  }
}

bool Hosting::runs(const std::string& name) const {
  return std::any_of(hosted_.begin(), hosted_.end(),
                     [&](const HostedService& each) { return each.service()->name() == name; });
}

std::vector<std::shared_ptr<forward::Service>> Hosting::services() const {
  std::vector<std::shared_ptr<forward::Service>> all;
  std::set<std::string> names;
  for (const HostedService& each : hosted_) {
    names.insert(each.service()->name());
    all.push_back(each.service());
  }
  for (auto each = leaving_.rbegin(); each != leaving_.rend(); ++each) {
    if (names.insert((*each)->name()).second) {
      all.push_back(*each);
    }
  }
  return all;
}

void Hosting::describe(std::vector<admin::ServiceState>& states) const {
  std::set<std::string> names;
  for (admin::ServiceState& state : states) {
    names.insert(state.name);
    if (!runs(state.name)) {
      state.state = admin::ServiceState::draining;
    }
  }
  for (const Refused& each : refused_) {
    admin::ServiceState state;
    // Labels of metrics are to be unique.
    state.name = each.name.empty() || names.contains(each.name) ? each.file.filename().string() : each.name;
    if (!names.insert(state.name).second) {
      continue;
    }
    state.mode = mode_word(each.mode);
    state.state = admin::ServiceState::refused;
    state.reload_successful = false;
    state.reload_error = each.errors.front();
    states.push_back(std::move(state));
  }
}

void Hosting::look(Cause cause) {
  if (work_) {
    pending_ = std::max(pending_, cause);
    return;
  }
  timer_->stop();
  Running running;
  for (const HostedService& each : hosted_) {
    running.emplace(each.file(), each.service()->name());
  }
  const auto contents = std::make_shared<std::optional<FolderContents>>();
  std::string error;
  work_ = net::Work::start(
      runtime_.loop(),
      [contents, folder = config_, running, overrides = overrides_] {
        try {
          *contents = look_into(folder, running, overrides);
        } catch (const std::exception& failed) {  // for example, out of memory
          contents->emplace().trouble = fmt::format("{}: {}", folder.string(), failed.what());
        }
      },
      [this, cause, contents] {
        work_.reset();
        looked(cause, std::move(**contents));
      },
      error);
  if (!work_) {
    logger_->error(fmt::format("cannot look into {}: {}", config_.string(), error));
    look_later(false);
  }
}

void Hosting::looked(Cause cause, FolderContents contents) {
  if (events_.held()) {
    logger_->info("another process is taking over: services come and go when that is decided");
    pending_ = std::max(pending_, cause);
    timer_->start(look_soon, [this] { look(std::exchange(pending_, Cause::none)); });
    return;
  }
  bool soon = false;
  if (!contents.trouble.empty()) {
    // A folder that is gone or empty is more likely a mistake than an order to serve nothing.
    const std::string trouble = contents.trouble + ": what runs goes on";
    if (trouble != trouble_ || cause == Cause::asked) {
      logger_->error(trouble);
    }
    trouble_ = trouble;
    if (cause == Cause::asked) {
      reload_all();
    }
  } else {
    trouble_.clear();
    soon = remove_missing(cause, contents);
    if (cause == Cause::asked) {
      reload_all();
    }
    std::vector<Refused> refused;
    for (NewFile& added : contents.added) {
      if (added.opened) {
        if (const auto problem = start_new(added)) {
          added.errors.push_back(*problem);
        }
      }
      soon = soon || added.unsettled;
      if (!added.errors.empty()) {
        refused.push_back({added.file, added.name, added.mode, std::move(added.errors)});
      }
    }
    note_refused(cause, std::move(refused));
  }
  if (cause == Cause::asked) {
    round_.reset();
  }
  watch(contents.places);
  const Cause pending = std::exchange(pending_, Cause::none);
  if (pending != Cause::none) {
    look(pending);
  } else {
    look_later(soon);
  }
}

void Hosting::reload_all() {
  for (HostedService& each : hosted_) {
    each.reload([round = round_](const std::string& refusal) { round->refused(refusal); });
  }
}

/// True if there is one to be looked for again: an editor may be about to put another in its place.
bool Hosting::remove_missing(Cause cause, const FolderContents& contents) {
  const bool others_came = std::any_of(contents.added.begin(), contents.added.end(),
                                       [](const NewFile& added) { return added.opened.has_value(); });
  std::set<std::filesystem::path> missing;
  for (auto each = hosted_.begin(); each != hosted_.end();) {
    const auto& files = contents.files;
    if (std::find(files.begin(), files.end(), each->file()) != files.end()) {
      ++each;
    } else if (cause != Cause::asked && !others_came && !missing_.contains(each->file())) {
      missing.insert(each->file());
      ++each;
    } else {
      remove(*each);
      each = hosted_.erase(each);
    }
  }
  missing_ = std::move(missing);
  return !missing_.empty();
}

void Hosting::remove(const HostedService& hosted) {
  const std::shared_ptr<forward::Service>& service = hosted.service();
  const Milliseconds patience = service->current()->config().timeouts.shutdown;
  service->logger().info(
      fmt::format("{} was removed: no longer listening, connections may end by themselves{}",
                  hosted.file().string(),
                  patience.count() > 0 ? " for " + format_duration(patience) + " (timeouts.shutdown)" : ""),
      {{"connections", service->live()}});
  leaving_.push_back(service);
  runtime_.remove(service, [this, leaving = service.get()] { let_go(leaving); });
  events_.removed();
}

/// The last connection has ended. Freeing a log waits for what is not written yet, which may take a while.
void Hosting::let_go(const forward::Service* leaving) {
  const auto found =
      std::find_if(leaving_.begin(), leaving_.end(), [&](const auto& each) { return each.get() == leaving; });
  if (stopped_ || found == leaving_.end()) {
    return;
  }
  std::shared_ptr<forward::Service> service = std::move(*found);
  leaving_.erase(found);
  service->logger().info("stopped: the last connection of a removed service has ended");
  const auto parting = partings_.emplace(partings_.end());
  const auto held = std::make_shared<std::shared_ptr<forward::Service>>(std::move(service));
  std::string error;
  *parting = net::Work::start(
      runtime_.loop(), [held] { held->reset(); }, [this, parting] { partings_.erase(parting); }, error);
  if (!*parting) {
    partings_.erase(parting);
  }
}

/// Why it could not be started.
std::optional<std::string> Hosting::start_new(NewFile& added) {
  const std::shared_ptr<forward::Service> service = added.opened->service;
  if (auto allowed = events_.adding(*service); !allowed) {
    return allowed.error().message;
  }
  const auto change = runtime_.add(service, added.listen);
  if (!change) {
    events_.removed();
    return change.error().message;
  }
  service->logger().info(fmt::format("{} was added: its service is started", added.file.string()));
  for (const std::string& warning : added.opened->warnings) {
    service->logger().warn(warning);
  }
  tell(service->logger(), *change);
  keep(std::move(*added.opened)).start();
  return std::nullopt;
}

void Hosting::note_refused(Cause cause, std::vector<Refused> refused) {
  for (const Refused& each : refused) {
    const auto before = std::find_if(refused_.begin(), refused_.end(),
                                     [&](const Refused& one) { return one.file == each.file; });
    if (cause != Cause::asked && before != refused_.end() && before->errors == each.errors) {
      continue;
    }
    for (const std::string& error : each.errors) {
      logger_->error(error);
    }
    if (round_) {
      round_->refused(each.errors.front());
    }
    logger_->warn(fmt::format("{} is not started, the other services go on: it is once it is mended",
                              each.file.string()),
                  {{"error", each.errors.front()}, {"errors", each.errors.size()}});
  }
  refused_ = std::move(refused);
}

/// The shortest interval, of those that watch; nothing: none does.
std::optional<config::Reload> Hosting::reload_settings() const {
  std::optional<config::Reload> shortest;
  for (const HostedService& each : hosted_) {
    const config::Reload reload = each.service()->current()->config().reload;
    const bool is_shorter = reload.interval.count() > 0 && shortest &&
                            (shortest->interval.count() == 0 || reload.interval < shortest->interval);
    if (reload.watch && (!shortest || is_shorter)) {
      shortest = reload;
    }
  }
  return hosted_.empty() ? std::optional(config::Reload()) : shortest;
}

void Hosting::watch(const net::Places& places) {
  if (!reload_settings()) {
    watcher_.reset();
    return;
  }
  if (!watcher_) {
    watcher_.emplace(runtime_.loop(), [this] { look(Cause::changed); });
  }
  const auto outcome = watcher_->watch(places);
  if (outcome.added) {
    pending_ = std::max(pending_, Cause::changed);  // it may have changed before it was watched
  }
  if (outcome.problem && !std::exchange(watch_problem_told_, true)) {
    logger_->warn(*outcome.problem);
  }
}

void Hosting::look_later(bool soon) {
  const auto settings = reload_settings();
  const Milliseconds wait = soon ? look_soon : settings ? settings->interval : Milliseconds(0);
  if (wait.count() > 0) {
    timer_->start(wait, [this] { look(Cause::again); });
  }
}

}  // namespace persona::cli
