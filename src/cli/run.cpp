// persona run: prepare, bind, forward until told to stop.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include "persona/cli/commands.hpp"
#include "persona/cli/prepare.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/host/process.hpp"
#include "persona/net/signals.hpp"
#include "persona/tls/aead.hpp"

namespace persona::cli {

namespace {

int complain(const Error& error) {
  std::fprintf(stderr, "persona: %s\n", error.message.c_str());
  return error.kind == ErrorKind::configuration ? exit_usage : exit_failure;
}

/// Each connection needs two descriptors; some are needed for all else.
void warn_of_descriptors(const std::vector<Prepared>& services, log::Logger& logger) {
  std::size_t wanted = 64;
  for (const auto& service : services) {
    wanted += 2 * service.config.limits.connections;
  }
  const std::size_t limit = host::descriptor_limit();
  if (limit != 0 && wanted > limit) {
    logger.warn(
        "the limit of open files is lower than limits.connections needs: raise it (LimitNOFILE), or lower "
        "the other",
        {{"open_files", limit}, {"wanted", wanted}});
  }
}

class Run {
 public:
  explicit Run(std::unique_ptr<forward::Runtime> runtime, std::shared_ptr<log::Logger> logger)
      : runtime_(std::move(runtime)), logger_(std::move(logger)) {}

  Result<void> add(Prepared prepared) {
    auto logger = log::Logger::open(prepared.config.name, prepared.config.log);
    if (!logger) {
      return tl::unexpected(logger.error());
    }
    auto service =
        forward::Service::create({std::move(prepared.config), prepared.identity, prepared.trust}, *logger);
    if (!service) {
      return tl::unexpected(service.error());
    }
    const auto bound = runtime_->add(*service);
    if (!bound) {
      return tl::unexpected(bound.error());
    }
    for (const auto& endpoint : *bound) {
      (*logger)->info("listening", {{"address", endpoint.to_string()}});
    }
    return {};
  }

  Result<void> watch_signals() {
    const auto watch = [&](int signal, std::function<void()> raised) -> Result<void> {
      auto watcher = net::SignalWatcher::create(runtime_->loop(), signal, std::move(raised));
      if (!watcher) {
        return tl::unexpected(watcher.error());
      }
      signals_.push_back(std::move(*watcher));
      return {};
    };
    for (const int signal : {SIGTERM, SIGINT}) {
      if (auto watched = watch(signal, [this] { stop(); }); !watched) {
        return watched;
      }
    }
    return watch(SIGHUP, [this] {
      logger_->warn("reload is not supported yet: restart persona to use a new configuration or certificate");
    });
  }

  int forward() {
    logger_->info("ready", {{"aead", tls::describe_aead_provider(tls::default_aead_provider())}});
    const auto summary = runtime_->run([this] { signals_.clear(); });
    logger_->info("stopped", {{"connections_cut", summary.connections_cut}});
    if (!summary.loops_closed) {
      logger_->error("loop not closed: a handle leaked; please report this");
      return exit_failure;
    }
    return forced_ ? exit_failure : exit_done;
  }

  int abandon(const Error& error) {
    signals_.clear();
    if (!runtime_->abandon()) {
      logger_->error("loop not closed: a handle leaked; please report this");
      return exit_failure;
    }
    return complain(error);
  }

 private:
  void stop() {
    if (!std::exchange(stopping_, true)) {
      runtime_->drain();
    } else if (!std::exchange(forced_, true)) {
      logger_->warn("forced to stop");
      runtime_->cut();
    }
  }

  std::unique_ptr<forward::Runtime> runtime_;
  std::shared_ptr<log::Logger> logger_;
  std::vector<net::HandlePtr<net::SignalWatcher>> signals_;
  bool stopping_ = false;
  bool forced_ = false;
};

}  // namespace

int run(const std::filesystem::path& config) {
  auto prepared = prepare_all(config);
  if (!prepared) {
    return complain(prepared.error());
  }
  if (!show_findings(*prepared, stderr)) {
    return exit_usage;
  }
  // Lines of the process go where the first service's go.
  auto logger = log::Logger::open("", prepared->front().config.log);
  if (!logger) {
    return complain(logger.error());
  }
  warn_of_descriptors(*prepared, **logger);
  unsigned threads = 1;
  for (const auto& service : *prepared) {
    threads = service.config.threads == 0 || threads == 0 ? 0 : std::max(threads, service.config.threads);
  }
  auto runtime = forward::Runtime::create(threads, *logger);
  if (!runtime) {
    return complain(runtime.error());
  }
  Run process(std::move(*runtime), *logger);
  for (auto& service : *prepared) {
    if (auto added = process.add(std::move(service)); !added) {
      return process.abandon(added.error());
    }
  }
  if (auto watched = process.watch_signals(); !watched) {
    return process.abandon(watched.error());
  }
  return process.forward();
}

}  // namespace persona::cli
