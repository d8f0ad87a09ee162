// persona demo: the whole path in one process, on loopback, with certificates that exist only in memory.
#include <cstdio>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "demo_parts.hpp"
#include "persona/authority/authority.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/signals.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::cli {

namespace {

constexpr const char* gateway_name = "gateway.demo.example";
constexpr Milliseconds longest_wait{20'000};
constexpr std::size_t traffic = std::size_t{8} * 1024 * 1024;

/// The last log lines of one service.
struct SeenByGateway {
  nlohmann::json open;
  nlohmann::json closed;
};

std::shared_ptr<log::Logger> watch(const std::string& name, const std::shared_ptr<SeenByGateway>& seen) {
  log::Settings settings;
  settings.format = log::Format::json;
  return log::Logger::to_function(name, settings, [seen](std::string_view line) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    const std::string message = parsed.value("message", "");
    if (message == "connection open") {
      seen->open = parsed;
    } else if (message == "connection closed") {
      seen->closed = parsed;
    }
  });
}

std::string text(const nlohmann::json& line, const char* key) {
  const auto found = line.find(key);
  return found == line.end() ? "" : found->is_string() ? found->get<std::string>() : found->dump();
}

config::Config base_config(const std::string& name) {
  config::Config config;
  config.name = name;
  config.listen.push_back({*Endpoint::parse("127.0.0.1:0"), {}});
  for (const auto& suite : cipher_suites()) {
    config.tls.ciphers.push_back(suite.code_point);
  }
  for (const auto& group : named_groups()) {
    config.tls.groups.push_back(group.code_point);
  }
  return config;
}

/// Throwaway certificates, loaded.
struct Papers {
  std::shared_ptr<const trust::TrustStore> trust;
  std::shared_ptr<const identity::Identity> client;
  std::shared_ptr<const identity::Identity> gateway;
};

Result<std::shared_ptr<const identity::Identity>> issue(const authority::Authority& authority,
                                                        const authority::IssueRequest& request) {
  auto pem = authority.issue(request);
  if (!pem) {
    return tl::unexpected(pem.error());
  }
  auto loaded = identity::Identity::from_pem(pem->certificate, pem->private_key, std::nullopt);
  if (!loaded) {
    return fail(ErrorKind::internal, "{}", loaded.error().front().message);
  }
  return *loaded;
}

Result<Papers> make_papers() {
  const auto authority = authority::Authority::create("persona demo CA", std::chrono::hours(24));
  if (!authority) {
    return tl::unexpected(authority.error());
  }
  Papers papers;
  auto trust = trust::TrustStore::from_pem({.ca = authority->certificate_pem()});
  if (!trust) {
    return fail(ErrorKind::internal, "{}", trust.error().front().message);
  }
  papers.trust = *trust;
  authority::IssueRequest request;
  request.common_name = "demo client";
  auto client = issue(*authority, request);
  if (!client) {
    return tl::unexpected(client.error());
  }
  papers.client = *client;
  request.usage = authority::IssueRequest::Usage::server;
  request.common_name = "demo gateway";
  request.dns_names = {gateway_name};
  auto gateway = issue(*authority, request);
  if (!gateway) {
    return tl::unexpected(gateway.error());
  }
  papers.gateway = *gateway;
  return papers;
}

class Demo {
 public:
  Demo(std::unique_ptr<forward::Runtime> runtime, Papers papers, bool once)
      : runtime_(std::move(runtime)), papers_(std::move(papers)), once_(once) {}

  Result<void> set_up() {
    auto service = DemoService::start(runtime_->loop());
    if (!service) {
      return tl::unexpected(service.error());
    }
    service_ = std::move(*service);
    config::Config config = base_config("gateway");
    config.mode = config::Mode::gateway;
    config.service = {service_->local(), {}};
    auto gateway = add(std::move(config), papers_.gateway, std::make_shared<SeenByGateway>());
    if (!gateway) {
      return tl::unexpected(gateway.error());
    }
    gateway_ = *gateway;
    for (auto [persona, identity, name] :
         {std::tuple(&good_, papers_.client, gateway_name),
          std::tuple(&nameless_, papers_.client, "other.demo.example"),
          std::tuple(&paperless_, std::shared_ptr<const identity::Identity>(), gateway_name)}) {
      config = base_config("persona");
      config.gateway.addresses.push_back({gateway_, {}});
      config.gateway.server_name = {name, {}};
      auto bound = add(std::move(config), identity, persona->seen);
      if (!bound) {
        return tl::unexpected(bound.error());
      }
      persona->local = *bound;
    }
    for (const int signal : net::stop_signals()) {
      auto watcher = net::SignalWatcher::create(runtime_->loop(), signal, [this] { stop(); });
      if (!watcher) {
        return tl::unexpected(watcher.error());
      }
      signals_.push_back(std::move(*watcher));
    }
    return {};
  }

  int run() {
    fmt::print(
        "persona demo: all of this is one process on loopback, with certificates made a moment ago.\n\n"
        "  client -- plain --> persona {} == mTLS ==> gateway {} -- plain --> service {}\n\n",
        good_.local.to_string(), gateway_.to_string(), service_->local().to_string());
    std::fflush(stdout);
    runtime_->loop().post([this] { try_tunnel(); });
    const auto summary = runtime_->run([this] {
      signals_.clear();
      service_.reset();
    });
    if (!summary.loops_closed) {
      fmt::print(stderr, "persona: loop not closed: a handle leaked; please report this\n");
      return exit_failure;
    }
    return passed_ == checks && finished_ ? exit_done : exit_failure;
  }

  int abandon(const Error& error) {
    fmt::print(stderr, "persona: {}\n", error.message);
    signals_.clear();
    service_.reset();
    if (!runtime_->abandon()) {
      fmt::print(stderr, "persona: loop not closed: a handle leaked; please report this\n");
    }
    return exit_failure;
  }

 private:
  struct Persona {
    Endpoint local;
    std::shared_ptr<SeenByGateway> seen = std::make_shared<SeenByGateway>();
  };

  static constexpr int checks = 3;

  Result<Endpoint> add(config::Config config, std::shared_ptr<const identity::Identity> identity,
                       const std::shared_ptr<SeenByGateway>& seen) {
    auto logger = watch(config.name, seen);
    auto service =
        forward::Service::create({std::move(config), std::move(identity), papers_.trust}, std::move(logger));
    if (!service) {
      return tl::unexpected(service.error());
    }
    auto bound = runtime_->add(*service);
    if (!bound) {
      return tl::unexpected(bound.error());
    }
    return bound->front();
  }

  void connect(const Persona& persona, std::size_t size, std::function<void(DemoClient::Outcome)> done) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<char>('a' + i * 7 % 26);
    }
    DemoClient::start(runtime_->loop(), persona.local, std::move(payload), longest_wait, std::move(done));
  }

  void verdict(bool good, const std::string& line) {
    passed_ += good ? 1 : 0;
    fmt::print("   {} {}\n", good ? "passed:" : "FAILED:", line);
    std::fflush(stdout);
  }

  void try_tunnel() {
    fmt::print("1. Traffic through the tunnel\n");
    connect(good_, traffic, [this](DemoClient::Outcome outcome) {
      if (stopping_) {
        return;
      }
      const auto& open = good_.seen->open;
      fmt::print("   the gateway proved that it is {} for the name {}\n", text(open, "peer"), gateway_name);
      fmt::print("   persona proved to the gateway that it is CN=demo client\n");
      fmt::print("   {}, {}, handshake {} ms\n", text(open, "tls_version"), text(open, "cipher_suite"),
                 text(open, "handshake_ms"));
      verdict(outcome.same,
              fmt::format("{} bytes up, {} bytes back, byte for byte what the service answers, {} ms",
                          traffic, outcome.bytes, outcome.duration.count()));
      try_without_certificate();
    });
  }

  void try_without_certificate() {
    fmt::print("2. A persona without a client certificate\n");
    const std::size_t before = service_->connections_seen();
    connect(paperless_, 100, [this, before](DemoClient::Outcome outcome) {
      if (stopping_) {
        return;
      }
      const auto& closed = paperless_.seen->closed;
      const bool refused = outcome.reset && outcome.bytes == 0 && service_->connections_seen() == before &&
                           text(closed, "reason") == "client_certificate_refused";
      verdict(refused, fmt::format("refused ({}), the service saw nothing: {}", text(closed, "reason"),
                                   text(closed, "error")));
      try_wrong_name();
    });
  }

  void try_wrong_name() {
    fmt::print("3. A gateway whose certificate does not have the expected name\n");
    const std::size_t before = service_->connections_seen();
    connect(nameless_, 100, [this, before](DemoClient::Outcome outcome) {
      if (stopping_) {
        return;
      }
      const auto& closed = nameless_.seen->closed;
      const bool refused = outcome.reset && outcome.bytes == 0 && service_->connections_seen() == before &&
                           text(closed, "reason") == "verify_failed";
      verdict(refused,
              fmt::format("refused ({}), no byte left: {}", text(closed, "reason"), text(closed, "error")));
      finish();
    });
  }

  void finish() {
    finished_ = true;
    fmt::print("\nVerdict: {} of {} checks passed.\n", passed_, checks);
    if (once_) {
      stop();
    } else {
      fmt::print(
          "\nThe tunnel stays open: connect a plain TCP client to {} (for example: nc {} {}).\n"
          "Lines come back in capitals. Ctrl-C ends the demo.\n",
          good_.local.to_string(), good_.local.host, good_.local.port);
    }
    std::fflush(stdout);
  }

  void stop() {
    if (!std::exchange(stopping_, true)) {
      runtime_->drain();
    }
    runtime_->cut();
  }

  std::unique_ptr<forward::Runtime> runtime_;
  Papers papers_;
  bool once_;
  std::unique_ptr<DemoService> service_;
  Endpoint gateway_;
  Persona good_;
  Persona nameless_;
  Persona paperless_;
  std::vector<net::HandlePtr<net::SignalWatcher>> signals_;
  int passed_ = 0;
  bool finished_ = false;
  bool stopping_ = false;
};

}  // namespace

int demo(bool once) {
  auto papers = make_papers();
  if (!papers) {
    fmt::print(stderr, "persona: {}\n", papers.error().message);
    return exit_failure;
  }
  log::Settings quiet;
  quiet.level = log::Level::off;
  auto runtime = forward::Runtime::create(1, log::Logger::to_function("", quiet, [](std::string_view) {}));
  if (!runtime) {
    fmt::print(stderr, "persona: {}\n", runtime.error().message);
    return exit_failure;
  }
  Demo process(std::move(*runtime), std::move(*papers), once);
  if (auto ready = process.set_up(); !ready) {
    return process.abandon(ready.error());
  }
  return process.run();
}

}  // namespace persona::cli
