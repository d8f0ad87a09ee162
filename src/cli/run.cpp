// persona run: prepare, bind, forward until told to stop.
#include <algorithm>
#include <map>
#include <utility>

#include "commands.hpp"
#include "persona/admin/report.hpp"
#include "persona/admin/server.hpp"
#include "persona/config/load.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/host/process.hpp"
#include "persona/net/timer.hpp"
#include "persona/reload/expiry_watch.hpp"
#include "persona/reload/reloader.hpp"
#include "persona/tls/aead.hpp"
#include "prepare.hpp"
#include "reload.hpp"
#include "stop_orders.hpp"
#include "supervisor.hpp"

namespace persona::cli {

namespace {

using host::ServiceExit;

/// Why it could not start.
struct Refusal {
  ServiceExit end;
  std::string message;
};

tl::unexpected<Refusal> refuse(const Error& error) {
  const bool is_configuration = error.kind == ErrorKind::configuration;
  return tl::unexpected(
      Refusal{is_configuration ? ServiceExit::configuration : ServiceExit::failure, error.message});
}

tl::unexpected<Refusal> refuse_address(const Error& error) {
  return tl::unexpected(Refusal{ServiceExit::address, error.message});
}

/// The log of a service, or of the process (without a name); a refusal names the place of log.file.
Result<std::shared_ptr<log::Logger>> open_log(const std::string& name, const Prepared& service) {
  auto logger = log::Logger::open(name, service.config.log);
  if (!logger && logger.error().kind == ErrorKind::configuration) {
    logger.error().message = service.report.sentence(
        {config::Diagnostic::Severity::error, service.config.log_file_mark, 1, logger.error().message});
  }
  return logger;
}

ServiceExit complain(const Refusal& refusal, Supervisor& supervisor) {
  supervisor.show(fmt::format("persona: {}\n", refusal.message));
  return refusal.end;
}

/// Each connection needs two descriptors, a stranger's one; everything else needs some too.
void warn_of_descriptors(const std::vector<Prepared>& services, log::Logger& logger) {
  std::size_t wanted = 64;
  for (const auto& service : services) {
    wanted += 2 * service.config.limits.connections;
    if (service.config.mode == config::Mode::gateway) {
      wanted += config::effective_handshakes(service.config.limits);
    }
    wanted += service.config.admin ? admin::Server::most_exchanges : 0;
  }
  const std::size_t limit = host::descriptor_limit();
  if (limit != 0 && wanted > limit) {
    logger.warn(
        "the limit of open files is lower than limits.connections needs: raise it (LimitNOFILE), or lower "
        "limits.connections",
        {{"open_files", limit}, {"wanted", wanted}});
  }
}

std::int64_t seconds(x509::TimePoint time) {
  return time.time_since_epoch().count();
}

admin::ServiceState state_of(const forward::Service& service) {
  admin::ServiceState state;
  state.name = service.name();
  state.mode = service.mode() == config::Mode::persona ? "persona" : "gateway";
  state.connections = service.live();
  const forward::ReloadStatus reload = service.reload_status();
  state.reload_successful = reload.last_successful;
  state.reload_success_at = seconds(reload.last_success);
  state.reload_error = reload.last_error;
  for (const forward::Expiry& each : service.expiries()) {
    state.certificates.push_back({std::string(to_string(each.role)), each.name, seconds(each.not_after)});
  }
  return state;
}

admin::State admin_state(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining) {
  admin::State state{PERSONA_VERSION, draining, seconds(x509::now()), {}};
  for (const auto& service : services) {
    state.services.push_back(state_of(*service));
  }
  return state;
}

class Run {
 public:
  Run(std::filesystem::path config, std::unique_ptr<forward::Runtime> runtime,
      std::shared_ptr<log::Logger> logger, Supervisor& supervisor)
      : config_(std::move(config)),
        runtime_(std::move(runtime)),
        logger_(std::move(logger)),
        supervisor_(supervisor) {}

  tl::expected<void, Refusal> add(Prepared prepared) {
    auto logger = open_log(prepared.config.name, prepared);
    if (!logger) {
      return refuse(logger.error());
    }
    std::filesystem::path file = prepared.config.file;
    reload::Loaded loaded = to_loaded(std::move(prepared));
    for (const std::string& warning : loaded.warnings) {
      (*logger)->warn(warning);
    }
    auto service = forward::Service::create(std::move(*loaded.material), *logger);
    if (!service) {
      return refuse(service.error());
    }
    const auto bound = runtime_->add(*service);
    if (!bound) {
      return refuse_address(bound.error());
    }
    for (const auto& endpoint : *bound) {
      (*logger)->info("listening", {{"address", endpoint.to_string()}});
    }
    keep_fresh(*service, std::move(file), std::move(loaded.files));
    services_.push_back(*service);
    if (const auto& admin = (*service)->current()->config().admin) {
      if (auto served = serve_admin(admin->value, **logger); !served) {
        return refuse_address(served.error());
      }
    }
    return {};
  }

  ServiceExit forward() {
    if (auto told = supervisor_.ready(runtime_->loop(),
                                      {[this] { stop(); }, [this] { reload(); }, [this] { reopen_logs(); }});
        !told) {
      return abandon(refuse(told.error()).value());
    }
    logger_->info("ready", {{"aead", tls::describe_aead_provider(tls::default_aead_provider())}});
    for (auto& kept : kept_) {
      kept.reloader->start();
      kept.expiry->look();
    }
    const auto summary = runtime_->run([this] {
      supervisor_.forget();
      admins_.clear();
    });
    logger_->info("stopped", {{"connections_cut", summary.connections_cut}});
    log::expect_end();
    if (!summary.loops_closed) {
      tell_of_leak();
      return ServiceExit::failure;
    }
    return stop_orders_.forced() ? ServiceExit::failure : ServiceExit::done;
  }

  ServiceExit abandon(const Refusal& refusal) {
    supervisor_.forget();
    admins_.clear();
    kept_.clear();
    if (!runtime_->abandon()) {
      tell_of_leak();
      return ServiceExit::failure;
    }
    if (logger_->has_file()) {
      logger_->error(refusal.message);  // an administrator looks there first
    }
    log::expect_end();
    static_cast<void>(logger_->flush());  // what was logged comes before what is shown
    return complain(refusal, supervisor_);
  }

 private:
  /// One endpoint answers for all services of the process, whichever file names it.
  Result<void> serve_admin(const Endpoint& endpoint, log::Logger& logger) {
    const std::string where = endpoint.to_string();
    if (admins_.contains(where)) {
      return {};
    }
    auto server = admin::Server::create(runtime_->loop(), endpoint, [this](const admin::Request& request) {
      return admin::answer(admin_state(services_, stop_orders_.any()), request);
    });
    if (!server) {
      return tl::unexpected(server.error());
    }
    for (const Endpoint& address : (*server)->local()) {
      logger.info("answering administrators", {{"address", address.to_string()}});
    }
    admins_.emplace(where, std::move(*server));
    return {};
  }

  /// What keeps a service up to date, until it is stopped.
  struct Kept {
    std::filesystem::path file;
    std::unique_ptr<reload::ExpiryWatch> expiry;
    std::unique_ptr<reload::Reloader> reloader;
  };

  void keep_fresh(const std::shared_ptr<forward::Service>& service, std::filesystem::path file,
                  std::vector<std::filesystem::path> files) {
    auto expiry = std::make_unique<reload::ExpiryWatch>(runtime_->loop(), service);
    const bool is_first = kept_.empty();
    const auto applied = [this, is_first, service, watch = expiry.get()] {
      if (is_first) {
        logger_->set_level(service->current()->config().log.level);  // as its lines go where this one's go
      }
      runtime_->cut_revoked(service);
      watch->look();
    };
    auto reloader = std::make_unique<reload::Reloader>(
        runtime_->loop(), runtime_->pool(), runtime_->resolver(), service,
        [file] { return to_loaded(prepare(file)); }, std::move(files), applied);
    kept_.push_back({std::move(file), std::move(expiry), std::move(reloader)});
  }

  void tell_of_leak() { logger_->error("loop not closed: a handle leaked; please report this"); }

  void reopen_logs() {
    logger_->reopen();
    for (const auto& service : services_) {
      service->logger().reopen();
    }
  }

  void reload() {
    if (stop_orders_.any()) {
      reopen_logs();  // a drain may outlast the log file's name
      return;
    }
    for (auto& kept : kept_) {
      kept.reloader->reload();
    }
    tell_of_files();
  }

  /// A service is neither started nor stopped by a reload.
  void tell_of_files() {
    const auto files = config::find_files(config_);
    if (!files) {
      logger_->warn(files.error().message);
      return;
    }
    for (const auto& file : *files) {
      if (std::none_of(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.file == file; })) {
        logger_->warn(fmt::format("{} was added: restart persona to run it", file.string()));
      }
    }
    for (const auto& kept : kept_) {
      if (std::find(files->begin(), files->end(), kept.file) == files->end()) {
        logger_->warn(fmt::format("{} was removed: restart persona to stop its service", kept.file.string()));
      }
    }
  }

  void stop() {
    switch (stop_orders_.received(net::precise_now())) {
      case StopOrders::Meaning::drain:
        kept_.clear();
        runtime_->drain();
        return;
      case StopOrders::Meaning::same:
        if (!std::exchange(told_of_echo_, true)) {
          logger_->info("told to stop twice at once, which counts as once; once more ends all connections");
        }
        return;
      case StopOrders::Meaning::cut:
        logger_->warn("forced to stop");
        runtime_->cut();
        return;
      case StopOrders::Meaning::nothing:
        return;
    }
  }

  std::vector<std::shared_ptr<forward::Service>> services_;
  std::map<std::string, std::unique_ptr<admin::Server>> admins_;  // by address
  std::filesystem::path config_;
  std::unique_ptr<forward::Runtime> runtime_;
  std::shared_ptr<log::Logger> logger_;
  std::vector<Kept> kept_;
  Supervisor& supervisor_;
  StopOrders stop_orders_;
  bool told_of_echo_ = false;
};

}  // namespace

ServiceExit forward_until_stopped(const std::filesystem::path& config, Supervisor& supervisor) {
  auto prepared = prepare_all(config);
  if (!prepared) {
    return complain(refuse(prepared.error()).value(), supervisor);
  }
  if (has_errors(*prepared)) {
    supervisor.show(render_findings(*prepared));
    return ServiceExit::configuration;
  }
  // Lines of the process go where the first service's go.
  auto logger = open_log("", prepared->front());
  if (!logger) {
    return complain(refuse(logger.error()).value(), supervisor);
  }
  warn_of_descriptors(*prepared, **logger);
  unsigned threads = 1;
  for (const auto& service : *prepared) {
    threads = service.config.threads == 0 || threads == 0 ? 0 : std::max(threads, service.config.threads);
  }
  auto runtime = forward::Runtime::create(threads, *logger);
  if (!runtime) {
    return complain(refuse(runtime.error()).value(), supervisor);
  }
  Run process(config, std::move(*runtime), *logger, supervisor);
  for (auto& service : *prepared) {
    if (auto added = process.add(std::move(service)); !added) {
      return process.abandon(added.error());
    }
  }
  return process.forward();
}

int exit_code(ServiceExit end) {
  switch (end) {
    case ServiceExit::done:
      return exit_done;
    case ServiceExit::configuration:
    case ServiceExit::address:
      return exit_usage;
    case ServiceExit::failure:
      break;
  }
  return exit_failure;
}

int run(const std::filesystem::path& config) {
  Console console;
  return exit_code(forward_until_stopped(config, console));
}

}  // namespace persona::cli
