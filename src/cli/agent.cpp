// persona agent: has private keys, and signs handshakes for the personas of this machine.
#include "persona/config/agent.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands.hpp"
#include "persona/agent/server.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/host/confinement.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/users.hpp"
#include "persona/net/work.hpp"
#include "supervisor.hpp"
#include "token_keys.hpp"

namespace persona::cli {

namespace {

constexpr unsigned for_its_user = 0600;

struct PreparedAgent {
  config::Report report;
  config::Agent config;
  std::shared_ptr<const agent::Keys> keys;  ///< null when the report has errors
};

void tell(const std::vector<x509::LoadError>& found, const config::Identity& named, config::Report& report) {
  for (const x509::LoadError& each : found) {
    const bool is_of_key =
        named.token_key ? each.part != x509::LoadError::Part::certificate
                        : each.part == x509::LoadError::Part::private_key && !named.private_key.value.empty();
    const config::Mark mark = is_of_key ? named.private_key.mark : named.certificate.mark;
    if (each.severity == x509::LoadError::Severity::error) {
      report.error(mark, each.message);
    } else {
      report.warning(mark, each.message);
    }
  }
}

std::shared_ptr<const identity::Identity> load_key(const config::Identity& named,
                                                   const std::filesystem::path& file,
                                                   config::Report& report) {
  if (named.token_key) {
    auto found = load_from_token(named, file, identity::IdentityUse::any, report);
    tell(found.identity ? found.identity->warnings() : found.errors, named, report);
    return found.identity;
  }
  const bool is_unreadable = named.private_key.value.empty() && named.private_key.mark != config::Mark{};
  if (named.certificate.value.empty() || is_unreadable) {
    return nullptr;  // the parser has said why
  }
  identity::IdentityFiles files;
  files.certificate = named.certificate.value;
  files.private_key = named.private_key.value;
  if (named.private_key_password_file) {
    files.password_file = named.private_key_password_file->value;
  }
  auto loaded = identity::Identity::load(files);
  tell(loaded ? (*loaded)->warnings() : loaded.error(), named, report);
  return loaded ? *loaded : nullptr;
}

/// Blocks: reads files and the user database.
PreparedAgent prepare_agent(const std::filesystem::path& file) {
  config::LoadedAgent loaded = config::load_agent(file);
  PreparedAgent prepared{std::move(loaded.report), std::move(loaded.agent), nullptr};
  agent::Keys::Rules rules;
  rules.tls12_client_hashes = prepared.config.tls12;
  rules.signatures_per_second = prepared.config.signatures_per_second;
  const auto let_in = [&](net::UserId user) { rules.users.emplace(user, net::user_in_words(user)); };
  for (const auto& named : prepared.config.users) {
    if (const auto user = net::find_user(named.value)) {
      let_in(*user);
    } else {
      prepared.report.error(named.mark, "allow_users: " + user.error().message);
    }
  }
  if (prepared.config.users.empty()) {
    let_in(net::own_user());
    let_in(net::root);
  }
  std::vector<std::shared_ptr<const identity::Identity>> identities;
  for (const config::Identity& named : prepared.config.keys) {
    if (auto identity = load_key(named, file, prepared.report)) {
      identities.push_back(std::move(identity));
    }
  }
  if (!prepared.report.has_errors()) {
    prepared.keys = std::make_shared<const agent::Keys>(std::move(rules), identities);
  }
  return prepared;
}

/// It reads keys, writes its log and makes its socket. A token's module may need anything.
host::Confinement confinement_of(const config::Agent& config) {
  host::Confinement wanted;
  wanted.reads_everything = true;
  wanted.connect.emplace();
  wanted.bind.emplace();
  wanted.sockets.push_back(path_from_text(config.listen.value.path).parent_path());
  if (!config.log.file.empty()) {
    wanted.logs.push_back(path_from_text(config.log.file));
  }
  for (const config::Identity& key : config.keys) {
    if (key.token_key) {
      wanted.privileges_alone = "a token's module runs in this process";
    }
  }
  return wanted;
}

/// From listening to the end.
class AgentRun {
 public:
  AgentRun(net::Loop& loop, std::filesystem::path file, const PreparedAgent& prepared,
           const host::Confined& confined, std::shared_ptr<log::Logger> logger, Supervisor& supervisor)
      : loop_(loop),
        confined_(confined),
        file_(std::move(file)),
        listen_(prepared.config.listen),
        keys_(prepared.keys),
        logger_(std::move(logger)),
        supervisor_(supervisor) {}

  /// Runs the loop until told to stop. Failure: it does not start.
  Result<void> serve() {
    net::SocketFile file{listen_.mode.value_or(for_its_user)};
    if (listen_.group) {
      const auto group = net::find_group(listen_.group->value);
      if (!group) {
        return tl::unexpected(group.error());
      }
      file.group = *group;
    }
    auto server = agent::Server::create(loop_, listen_.value, file, keys_, logger_);
    if (!server) {
      return tl::unexpected(server.error());
    }
    server_ = std::move(*server);
    auto told = supervisor_.ready(
        loop_, {[this] { stop(); }, [this] { reload(); }, [this] { logger_->reopen(); }, {}}, vitals());
    if (told) {
      logger_->info("agent ready", {{"address", listen_.value.to_string()},
                                    {"keys", keys_->size()},
                                    {"restricts", confined_.in_words()}});
    } else {
      stop();
    }
    loop_.run();
    return told;
  }

 private:
  Vitals vitals() {
    return {[this] { return fmt::format("signs with {} keys", keys_->size()); },
            [this](std::function<void()> all_here) { loop_.post(std::move(all_here)); }};
  }

  void stop() {
    logger_->info("agent stops");
    supervisor_.forget();
    reload_.reset();
    server_.reset();
    loop_.finish();
  }

  void reload() {
    again_ = reload_ != nullptr;
    if (again_) {
      return;
    }
    supervisor_.reloading();
    const auto loaded = std::make_shared<PreparedAgent>();
    std::string error;
    reload_ = net::Work::start(
        loop_, [loaded, file = file_] { *loaded = prepare_agent(file); },
        [this, loaded] { reloaded(*loaded); }, error);
    if (!reload_) {
      logger_->error("the agent cannot reload, and goes on with what it has", {{"error", error}});
      supervisor_.reloaded(error);
    }
  }

  void reloaded(const PreparedAgent& loaded) {
    reload_.reset();
    std::string refusal;
    for (const config::Diagnostic& found : loaded.report.diagnostics()) {
      const std::string sentence = loaded.report.sentence(found);
      if (found.severity == config::Diagnostic::Severity::error) {
        logger_->error(sentence);
        refusal = refusal.empty() ? sentence : refusal;
      } else {
        logger_->warn(sentence);
      }
    }
    if (loaded.keys == nullptr) {
      logger_->error(
          "the agent goes on with the keys that it has, until the file is mended and it is told to reload");
    } else {
      if (!config::is_same(loaded.config.listen, listen_)) {
        logger_->warn("listen has changed: restart the agent to let it listen there");
      }
      keys_ = loaded.keys;
      server_->use(keys_);
      logger_->info("agent reloaded", {{"keys", keys_->size()}});
    }
    supervisor_.reloaded(refusal);
    if (again_) {
      reload();
    }
  }

  net::Loop& loop_;
  const host::Confined confined_;
  const std::filesystem::path file_;
  const config::Listen listen_;
  std::shared_ptr<const agent::Keys> keys_;
  std::shared_ptr<log::Logger> logger_;
  Supervisor& supervisor_;
  std::unique_ptr<agent::Server> server_;
  net::HandlePtr<net::Work> reload_;
  bool again_ = false;  // told to reload while it did
};

int complain_of(const Error& error, Supervisor& supervisor) {
  supervisor.show(fmt::format("persona: {}\n", error.message));
  return error.kind == ErrorKind::configuration ? exit_usage : exit_failure;
}

}  // namespace

int check_agent(const std::filesystem::path& config, std::FILE* out, std::FILE* err) {
  const PreparedAgent prepared = prepare_agent(config);
  std::fputs(prepared.report.render().c_str(), err);
  std::string text;
  for (const std::string& name : prepared.keys ? prepared.keys->names() : std::vector<std::string>()) {
    text += fmt::format("signs for {}\n", name);
  }
  text += fmt::format("{}: {}\n", printable(path_text(config)), prepared.keys ? "ok" : "refused");
  std::fputs(text.c_str(), out);
  return prepared.keys ? exit_done : exit_usage;
}

int run_agent(const std::filesystem::path& config) {
  Console console;
  PreparedAgent prepared = prepare_agent(config);
  if (const std::string findings = prepared.report.render(); !findings.empty()) {
    console.show(findings);
  }
  if (prepared.keys == nullptr) {
    return exit_usage;
  }
  const auto confined = host::confine(confinement_of(prepared.config));
  if (!confined) {
    return complain_of(confined.error(), console);
  }
  auto logger = log::Logger::open("", prepared.config.log);
  if (!logger) {
    return complain_of(logger.error(), console);
  }
  auto loop = net::Loop::create();
  if (!loop) {
    return complain_of(loop.error(), console);
  }
  Result<void> served;
  {
    AgentRun agent(**loop, config, prepared, *confined, *logger, console);
    served = agent.serve();
    if (!served) {
      console.forget();
      (*loop)->finish();
      (*loop)->run();
    }
  }
  log::expect_end();
  if (!(*loop)->close()) {
    return complain_of({ErrorKind::internal, "loop not closed: a handle leaked; please report this"},
                       console);
  }
  return served ? exit_done : complain_of(served.error(), console);
}

}  // namespace persona::cli
