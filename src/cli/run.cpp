// persona run: prepare, bind, forward until told to stop.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "admin_sessions.hpp"
#include "admin_state.hpp"
#include "commands.hpp"
#include "hosting.hpp"
#include "persona/admin/server.hpp"
#include "persona/forward/given_socket.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/forward/socket_file.hpp"
#include "persona/host/process.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/timer.hpp"
#include "persona/tls/aead.hpp"
#include "prepare.hpp"
#include "refusal.hpp"
#include "reload_round.hpp"
#include "sandbox.hpp"
#include "status_line.hpp"
#include "stop_orders.hpp"
#include "succession.hpp"
#include "supervisor.hpp"
#include "svids.hpp"

namespace persona::cli {

namespace {

using host::ServiceExit;

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

class Run {
 public:
  Run(std::filesystem::path config, Overrides overrides, std::unique_ptr<forward::Runtime> runtime,
      std::shared_ptr<log::Logger> logger, Supervisor& supervisor, Start start, Sandbox& sandbox)
      : sandbox_(sandbox),
        runtime_(std::move(runtime)),
        logger_(std::move(logger)),
        succession_(config, std::move(start), logger_),
        hosting_(std::move(config), std::move(overrides), *runtime_, logger_,
                 {[this](const forward::Service& service) { return serve_admin_of(service); },
                  [this] { close_admins(); }, [this] { return succession_.is_pending(); }}),
        supervisor_(supervisor) {}

  /// Before add().
  tl::expected<void, Refusal> take_over() {
    if (auto taken = succession_.take_over(runtime_->loop()); !taken) {
      return refuse(taken.error());
    }
    return {};
  }

  tl::expected<void, Refusal> add(Prepared prepared) {
    const auto service = hosting_.add(std::move(prepared));
    if (!service) {
      return tl::unexpected(service.error());
    }
    if (auto served = serve_admin_of(**service); !served) {
      return refuse_address(served.error());
    }
    return {};
  }

  ServiceExit forward() {
    succession_.begin(runtime_->loop(), [this](int process) { hand_over(process); });
    if (auto told = supervisor_.ready(
            runtime_->loop(),
            {[this] { stop(); }, [this] { reload(); }, [this] { reopen_logs(); }, [this] { replace(); }},
            vitals());
        !told) {
      return abandon(refuse(told.error()).value());
    }
    tell_of_sandbox();
    logger_->info("ready", {{"aead", tls::describe_aead_provider(tls::default_aead_provider())}});
    hosting_.start();
    if (sandbox_.svid_agents != nullptr) {
      svid_news_.emplace(runtime_->loop(), sandbox_.svid_agents, logger_, [this] { hosting_.svids_came(); });
    }
    const auto summary = runtime_->run([this] {
      supervisor_.forget();
      admins_.clear();
      beside_.clear();
      svid_news_.reset();
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
    succession_.end();
    admins_.clear();
    hosting_.stop();
    beside_.clear();
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
  Result<void> serve_admin_of(const forward::Service& service) {
    const auto generation = service.current();
    const auto& admin = generation->config().admin;
    return admin ? serve_admin(*admin, service.logger()) : Result<void>();
  }

  /// Those that no service names any more.
  void close_admins() {
    std::set<std::string> named;
    for (const auto& service : hosting_.services()) {
      if (const auto& admin = service->current()->config().admin) {
        named.insert(admin->value.to_string());
      }
    }
    std::erase_if(admins_, [&](const auto& each) { return !named.contains(each.first); });
  }

  /// One endpoint answers for all services of the process, whichever file names it.
  Result<void> serve_admin(const config::Listen& listen, log::Logger& logger) {
    const std::string where = listen.value.to_string();
    if (admins_.contains(where)) {
      return {};
    }
    const auto file = forward::socket_file(listen);
    if (!file) {
      return tl::unexpected(file.error());
    }
    auto server =
        admin::Server::create(runtime_->loop(), listen.value, *file,
                              [this](const admin::Request& request, const admin::Server::Reply& reply) {
                                if (answer_about_sessions(*runtime_, hosting_.services(), request, reply)) {
                                  return;
                                }
                                if (request.path == "/quit") {
                                  quit();
                                }
                                auto state = admin_state(hosting_.services(), stop_orders_.any(), *runtime_);
                                state.sandbox = sandbox_state(sandbox_);
                                hosting_.describe(state.services);
                                reply(admin::answer(state, request));
                              });
    if (!server) {
      return tl::unexpected(server.error());
    }
    for (const Endpoint& address : (*server)->local()) {
      if (auto fit = forward::check_given_admin(listen, address); !fit) {
        return fit;
      }
      logger.info("answering administrators", {{"address", address.to_string()}});
    }
    admins_.emplace(where, std::move(*server));
    return {};
  }

  /// What a service manager may ask at any time.
  Vitals vitals() {
    return {[this] { return status_line(hosting_.services(), stop_orders_.any()); },
            [this](const std::function<void()>& all_here) { runtime_->ask_loops(all_here); }};
  }

  void tell_of_sandbox() {
    if (!sandbox_.warning.empty()) {
      logger_->warn(sandbox_.warning);
    }
    if (!sandbox_.confined) {
      logger_->info("sandbox: off");
      return;
    }
    logger_->info("sandbox", {{"restricts", sandbox_.confined->in_words()}});
    for (const std::string& missing : sandbox_.confined->missing) {
      logger_->info("sandbox: " + missing);
    }
    if (sandbox_.broker != nullptr) {
      watch(sandbox_.broker->control(),
            "the process that looks up names and opens files for this one has ended: until persona is "
            "restarted "
            "names are not found and nothing can be reloaded");
    }
    if (sandbox_.key_process) {
      logger_->info("the private keys are in a process of their own");
      watch(sandbox_.key_process->control(),
            "the process that has the keys has ended: until persona is restarted no handshake succeeds");
    }
  }

  /// The other end says nothing but that it has ended.
  void watch(const net::Socket& control, const char* sentence) {
    const auto number = beside_.size();
    auto watch = net::ReadWatch::create(runtime_->loop(), control, [this, number, sentence] {
      beside_[number].reset();
      logger_->error(sentence);
    });
    if (watch) {
      beside_.push_back(std::move(*watch));
    } else {
      logger_->warn(watch.error().message);
    }
  }

  void tell_of_leak() { logger_->error("loop not closed: a handle leaked; please report this"); }

  void reopen_logs() {
    logger_->reopen();
    hosting_.reopen_logs();
  }

  void reload() {
    if (stop_orders_.any()) {
      reopen_logs();  // a drain may outlast the log file's name
      return;
    }
    hosting_.reload(std::make_shared<ReloadRound>(supervisor_));
  }

  void drain() {
    hosting_.stop();
    succession_.end();
    runtime_->drain();
    supervisor_.draining();
  }

  void quit() {
    if (stop_orders_.requested() == StopOrders::Meaning::drain) {
      logger_->info("told to stop by POST /quit");
      drain();
    }
  }

  void replace() {
    if (!stop_orders_.any()) {
      succession_.start_successor(runtime_->loop(), supervisor_.for_successor(), sandbox_.broker);
    }
  }

  /// Another process listens in our place.
  void hand_over(int process) {
    supervisor_.handed_over(process);
    admins_.clear();  // its answers count from now on
    if (stop_orders_.requested() == StopOrders::Meaning::drain) {
      drain();
    }
  }

  void stop() {
    switch (stop_orders_.received(net::precise_now())) {
      case StopOrders::Meaning::drain:
        drain();
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

  Sandbox& sandbox_;
  std::unique_ptr<forward::Runtime> runtime_;
  std::shared_ptr<log::Logger> logger_;
  Succession succession_;
  Hosting hosting_;
  std::map<std::string, std::unique_ptr<admin::Server>> admins_;  // by address
  Supervisor& supervisor_;
  StopOrders stop_orders_;
  std::vector<net::HandlePtr<net::ReadWatch>> beside_;  // processes that end when we do
  std::optional<SvidNews> svid_news_;
  bool told_of_echo_ = false;
};

}  // namespace

ServiceExit forward_until_stopped(const std::filesystem::path& config, const Overrides& given,
                                  Supervisor& supervisor, Start start) {
  auto sandbox = enter_sandbox(config, given, start, supervisor.for_successor());
  if (!sandbox) {
    return complain(sandbox.error(), supervisor);
  }
  Overrides overrides = given;
  overrides.confinement = sandbox->allowed;
  overrides.loads_modules = sandbox->loads_modules;
  overrides.key_process = sandbox->key_process;
  overrides.svid_agents = sandbox->svid_agents;
  auto inherited = net::InheritedSockets::from_systemd();
  if (!inherited) {
    return complain(refuse(inherited.error()).value(), supervisor);
  }
  if (sandbox->svid_agents != nullptr) {
    wait_for_svids(*sandbox->svid_agents, [&](std::string_view text) { supervisor.show(text); });
  }
  auto prepared = prepare_all(config, overrides);
  if (!prepared) {
    return complain(refuse(prepared.error()).value(), supervisor);
  }
  if (has_errors(*prepared)) {
    supervisor.show(render_findings(*prepared));
    return ServiceExit::configuration;
  }
  if (!sandbox->is_decided) {
    return complain(
        {ServiceExit::configuration, "the configuration has changed while it was read: try again"},
        supervisor);
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
  (*runtime)->loop().inherited() = std::move(*inherited);
  Run process(config, overrides, std::move(*runtime), *logger, supervisor, std::move(start), *sandbox);
  if (auto taken = process.take_over(); !taken) {
    return process.abandon(taken.error());
  }
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

int run(const std::filesystem::path& config, const Overrides& overrides, Start start) {
  Console console;
  return exit_code(forward_until_stopped(config, overrides, console, std::move(start)));
}

}  // namespace persona::cli
