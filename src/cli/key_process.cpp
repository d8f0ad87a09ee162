#include "key_process.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "persona/agent/server.hpp"
#include "persona/base/log.hpp"
#include "persona/broker/broker.hpp"
#include "persona/config/load.hpp"
#include "persona/host/confinement.hpp"
#include "persona/host/process.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/timer.hpp"
#include "token_keys.hpp"

namespace persona::cli {

namespace {

namespace fs = std::filesystem;

/// Whoever still uses a generation of before a reload may need a key of then for so long.
constexpr Milliseconds keeps_old_keys{60'000};

using Identities = std::vector<std::shared_ptr<const identity::Identity>>;

struct Found {
  Identities identities;
  std::string problems;  ///< sentences; empty: none
  std::vector<std::string> warnings;
  bool tls12 = false;  ///< a gateway may speak TLS 1.2, where a client signs a hash
  log::Settings log;   ///< of the first file
};

void note(const std::vector<x509::LoadError>& errors, Found& found) {
  for (const x509::LoadError& each : errors) {
    if (each.severity == x509::LoadError::Severity::warning) {
      found.warnings.push_back(each.message);
    } else {
      found.problems += (found.problems.empty() ? "" : "; ") + each.message;
    }
  }
}

void add_from_token(const config::Config& service, Found& found) {
  config::Report report;
  auto loaded = load_from_token(service.identity, service.file, identity::IdentityUse::any, report);
  for (const config::Diagnostic& each : report.diagnostics()) {
    const bool is_error = each.severity == config::Diagnostic::Severity::error;
    note({{x509::LoadError::Part::private_key, 0, each.message,
           is_error ? x509::LoadError::Severity::error : x509::LoadError::Severity::warning}},
         found);
  }
  note(loaded.identity ? loaded.identity->warnings() : loaded.errors, found);
  if (loaded.identity) {
    found.identities.push_back(std::move(loaded.identity));
  }
}

Found read_keys(const fs::path& config) {
  Found found;
  const auto files = config::find_files(config);
  for (const fs::path& file : files ? *files : std::vector<fs::path>()) {
    const config::Config service = config::load(file).config;
    if (file == files->front()) {
      found.log = service.log;
    }
    found.tls12 = found.tls12 ||
                  (service.mode == config::Mode::persona && service.tls.min_version == TlsVersion::tls12);
    if (service.identity.token_key) {
      add_from_token(service, found);
      continue;
    }
    if (service.identity.private_key.value.empty()) {
      continue;  // an agent has it, or the process that forwards says what is wrong
    }
    identity::IdentityFiles names;
    names.certificate = service.identity.certificate.value;
    names.private_key = service.identity.private_key.value;
    if (service.identity.private_key_password_file) {
      names.password_file = service.identity.private_key_password_file->value;
    }
    auto loaded = identity::Identity::load(names);
    note(loaded ? (*loaded)->warnings() : loaded.error(), found);
    if (loaded) {
      found.identities.push_back(std::move(*loaded));
    }
  }
  return found;
}

/// Only reads files, and answers. A token's module may need anything.
host::Confinement confinement_of_keys(const fs::path& config) {
  host::Confinement wanted;
  wanted.reads_everything = true;
  wanted.connect.emplace();
  wanted.bind.emplace();
  const auto files = config::find_files(config);
  for (const fs::path& file : files ? *files : std::vector<fs::path>()) {
    if (config::load(file).config.identity.token_key) {
      wanted.privileges_alone = "a token's module runs in this process";
    }
  }
  return wanted;
}

bool has_key_of(const Identities& identities, const identity::Identity& one) {
  const auto pin_of = [](const identity::Identity& of) { return of.chain().describe().front().spki_pin; };
  return std::any_of(identities.begin(), identities.end(),
                     [&, pin = pin_of(one)](const auto& each) { return pin_of(*each) == pin; });
}

/// The process.
class KeyProcess {
 public:
  KeyProcess(fs::path config, const std::vector<net::UserId>& users) : config_(std::move(config)) {
    for (const net::UserId user : users) {
      users_.emplace(user, fmt::format("uid {}", user));
    }
  }

  Result<void> serve(net::Socket control) {
    host::prepare_process();  // locks of memory are not inherited
    if (const auto confined = host::confine(confinement_of_keys(config_)); !confined) {
      return tl::unexpected(confined.error());
    }
    current_ = read_keys(config_);
    auto logger = open_log();
    if (!logger) {
      return tl::unexpected(logger.error());
    }
    for (const std::string& warning : current_.warnings) {
      (*logger)->warn(warning);
    }
    auto loop = net::Loop::create();
    if (!loop) {
      return tl::unexpected(loop.error());
    }
    timer_ = net::Timer::create(**loop, nullptr);
    agent::Server::Beside events;
    events.look_again = [this] { return look_again(); };
    events.looked = [this] { timer_->start(keeps_old_keys, [this] { server_->use(keys_without_old()); }); };
    events.gone = [this, &loop] {
      timer_.reset();
      server_.reset();
      (*loop)->finish();
    };
    auto server = agent::Server::beside(**loop, std::move(control), keys(), *logger, std::move(events));
    if (!server) {
      return tl::unexpected(server.error());
    }
    server_ = std::move(*server);
    (*loop)->run();
    static_cast<void>((*loop)->close());
    return {};
  }

 private:
  /// On standard error, since the log's file is the other process's. That one says itself what came of what
  /// it asked for.
  Result<std::shared_ptr<log::Logger>> open_log() const {
    log::Settings settings = current_.log;
    settings.file.clear();
    settings.level = log::Level::warn;
    return log::Logger::open("", settings);
  }

  /// Any thread.
  std::shared_ptr<const agent::Keys> look_again() {
    Found found = read_keys(config_);
    const std::lock_guard lock(mutex_);
    const Found before = std::exchange(current_, std::move(found));
    for (const auto& each : before.identities) {
      if (!has_key_of(current_.identities, *each) && !has_key_of(old_, *each)) {
        old_.push_back(each);
      }
    }
    return make_keys();
  }

  std::shared_ptr<const agent::Keys> keys() {
    const std::lock_guard lock(mutex_);
    return make_keys();
  }

  std::shared_ptr<const agent::Keys> keys_without_old() {
    const std::lock_guard lock(mutex_);
    old_.clear();
    return make_keys();
  }

  std::shared_ptr<const agent::Keys> make_keys() const {
    constexpr unsigned any_number = 1'000'000;
    agent::Keys::Rules rules;
    rules.users = users_;
    rules.tls12_client_hashes = current_.tls12;
    rules.signatures_per_second = any_number;
    rules.missing = current_.problems.empty() ? "its file has another key" : current_.problems;
    Identities all = current_.identities;
    all.insert(all.end(), old_.begin(), old_.end());
    return std::make_shared<const agent::Keys>(std::move(rules), all);
  }

  fs::path config_;
  std::map<net::UserId, std::string> users_;
  std::mutex mutex_;
  Found current_;
  Identities old_;                    // whose keys are no longer in files
  net::HandlePtr<net::Timer> timer_;  // until they are forgotten
  std::unique_ptr<agent::Server> server_;
};

}  // namespace

Result<std::shared_ptr<const net::Switchboard>> start_key_process(const fs::path& config,
                                                                  std::vector<net::UserId> users) {
  auto control = broker::start_beside("persona-keys", [&](net::Socket theirs) {
    if (const auto served = KeyProcess(config, users).serve(std::move(theirs)); !served) {
      std::fprintf(stderr, "persona: the process that has the keys: %s\n", served.error().message.c_str());
    }
  });
  if (!control) {
    return tl::unexpected(control.error());
  }
  return std::make_shared<const net::Switchboard>(std::move(*control));
}

}  // namespace persona::cli
