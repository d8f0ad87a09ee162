#include "sandbox.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "key_process.hpp"
#include "named.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/config/load.hpp"
#include "persona/handover/place.hpp"
#include "persona/net/users.hpp"
#include "succession.hpp"
#include "svids.hpp"

namespace persona::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* module_here =
    "a token's module runs in this process and may need any file, port and system call; with --separate-key "
    "it runs in another";

/// What several files say of the one process that they share.
struct Wish {
  config::Sandbox sandbox = config::Sandbox::off;
  std::optional<config::Located<std::string>> user{};
};

tl::expected<Wish, Refusal> wish_of(const std::vector<config::Config>& services) {
  Wish wish;
  const auto strictness = [](config::Sandbox each) {
    return each == config::Sandbox::required ? 2 : each == config::Sandbox::automatic ? 1 : 0;
  };
  for (const config::Config& service : services) {
    if (strictness(service.sandbox.value) > strictness(wish.sandbox)) {
      wish.sandbox = service.sandbox.value;
    }
    if (service.user && wish.user && service.user->value != wish.user->value) {
      return refuse({ErrorKind::configuration,
                     fmt::format("user: {} in {}, and another file says {}: one process has one user",
                                 in_quotes(service.user->value), printable(path_text(service.file)),
                                 in_quotes(wish.user->value))});
    }
    wish.user = service.user ? service.user : wish.user;
  }
  return wish;
}

fs::path folder_of(const Endpoint& endpoint) {
  return path_from_text(endpoint.path).parent_path();
}

bool is_tcp(const Endpoint& endpoint) {
  return !endpoint.is_unix() && !endpoint.is_systemd();
}

Result<std::uint32_t> change_user(const config::Located<std::string>& named) {
  if (!host::users_can_change()) {
    return fail(ErrorKind::configuration,
                "user: there is no such key on Windows: the service's account is chosen by \"persona service "
                "install --account\"");
  }
  const auto user = net::find_user(named.value);
  if (!user) {
    return fail(ErrorKind::configuration, "user: {}", user.error().message);
  }
  if (auto become = host::become_user(*user); !become) {
    return tl::unexpected(become.error());
  }
  return *user;
}

std::string all_missing(const host::Confined& confined) {
  return fmt::format("{}", fmt::join(confined.missing, "; "));
}

/// Before anything is given up: keys are read with the rights that persona was started with.
Result<std::shared_ptr<const net::Switchboard>> separate_keys(const fs::path& config,
                                                              const std::vector<config::Config>& services,
                                                              const Wish& wish) {
  const host::Confined possible = host::what_confines(confinement_for(config, services));
  if (wish.sandbox == config::Sandbox::off || !possible.files) {
    return fail(
        ErrorKind::configuration,
        "--separate-key: without a sandbox of files this process could read the keys all the same: {}",
        wish.sandbox == config::Sandbox::off ? "remove sandbox: off" : all_missing(possible));
  }
  for (const config::Config& service : services) {
    if (service.identity.spiffe) {
      return fail(ErrorKind::configuration,
                  "--separate-key: {} has its key from a SPIFFE agent, which gives it to who asks: leave the "
                  "option out, or let spiffe-helper write files",
                  printable(path_text(service.file)));
    }
    if (service.identity.token_certificate) {
      return fail(ErrorKind::configuration,
                  "--separate-key: the certificate has to be in a file; in {} it is on a token, whose module "
                  "would be loaded here",
                  printable(path_text(service.file)));
    }
    if (service.identity.private_key.value.empty() && !service.identity.agent &&
        !service.identity.token_key) {
      return fail(
          ErrorKind::configuration,
          "--separate-key: the key has to be in a file of its own, named as identity.private_key; {} has it "
          "in that of the certificate",
          printable(path_text(service.file)));
    }
  }
  std::vector<net::UserId> users{net::own_user()};
  if (wish.user) {
    const auto user = net::find_user(wish.user->value);
    if (!user) {
      return fail(ErrorKind::configuration, "user: {}", user.error().message);
    }
    users.push_back(*user);
  }
  return start_key_process(config, std::move(users));
}

bool has_token(const config::Config& config) {
  return config.identity.token_key.has_value();
}

}  // namespace

host::Confinement confinement_for(const fs::path& config, const std::vector<config::Config>& services) {
  host::Confinement wanted;
  std::error_code failed;
  if (fs::is_directory(config, failed)) {
    wanted.listed.push_back(config);
  } else {
    wanted.connect.emplace();
    wanted.bind.emplace();
  }
  for (const config::Config& service : services) {
    for (const auto& each : listened_on_by(service)) {
      if (each.value.is_unix()) {
        wanted.sockets.push_back(folder_of(each.value));
      } else if (is_tcp(each.value) && wanted.bind) {
        wanted.bind->push_back(each.value.port);
      }
    }
    for (const auto& each : wanted.connect ? dialled_by(service) : std::vector<config::Located<Endpoint>>()) {
      wanted.connect->push_back(each.value.port);
    }
  }
  return wanted;
}

std::vector<std::string> sandbox_in_words(const fs::path& config, const config::Config& service) {
  if (service.sandbox.value == config::Sandbox::off) {
    return {"off"};
  }
  host::Confinement wanted = confinement_for(config, {service});
  if (has_token(service)) {
    wanted.privileges_alone = module_here;
  }
  const host::Confined confined = host::what_confines(wanted);
  std::vector<std::string> words{"restricts " + confined.in_words()};
  words.insert(words.end(), confined.missing.begin(), confined.missing.end());
  return words;
}

void check_confinement(const host::Confinement& confinement, bool loads_modules, const config::Config& config,
                       config::Report& report) {
  constexpr std::string_view remedy =
      "restart persona, or let it be replaced (SIGUSR2), which cuts no connection";
  const auto lacks = [](const auto& allowed, const auto& wanted) {
    return std::find(allowed.begin(), allowed.end(), wanted) == allowed.end();
  };
  if (config.identity.token_key && !loads_modules) {
    report.error(config.identity.token_key->mark,
                 fmt::format("persona started without a token, and its sandbox loads no module: {}", remedy));
  }
  for (const auto& each : dialled_by(config)) {
    if (confinement.connect && lacks(*confinement.connect, each.value.port)) {
      report.error(each.mark,
                   fmt::format("the sandbox lets persona dial the ports alone that it started with, and "
                               "{} is none of them: {}",
                               each.value.port, remedy));
    }
  }
  for (const auto& each : listened_on_by(config)) {
    if (each.value.is_unix() && lacks(confinement.sockets, folder_of(each.value))) {
      report.error(each.mark,
                   fmt::format("the sandbox lets persona make sockets in the folders alone that it "
                               "started with, and {} is none of them: {}",
                               printable(path_text(folder_of(each.value))), remedy));
    }
  }
}

tl::expected<Sandbox, Refusal> enter_sandbox(const fs::path& config, const Overrides& overrides,
                                             const Start& start, const net::Child::Variables& variables) {
  Sandbox sandbox;
  std::vector<config::Config> services;
  const auto files = config::find_files(config);
  for (const fs::path& file : files ? *files : std::vector<fs::path>()) {
    config::Loaded loaded = config::load(file);
    overrides.apply(loaded.config, loaded.report);
    if (loaded.report.has_errors()) {
      return sandbox;
    }
    services.push_back(std::move(loaded.config));
  }
  if (services.empty()) {
    return sandbox;
  }
  sandbox.is_decided = true;
  const auto wish = wish_of(services);
  if (!wish) {
    return tl::unexpected(wish.error());
  }
  if (start.separate_key) {
    if (auto separated = separate_keys(config, services, *wish); !separated) {
      return refuse(separated.error());
    } else {
      sandbox.key_process = std::move(*separated);
    }
  }
  if (wish->user) {
    if (const auto changed = change_user(*wish->user); !changed) {
      return refuse(changed.error());
    }
  } else if (host::is_privileged()) {
    sandbox.warning =
        "persona runs as root, which it need not: name whom it is to become with \"user\", or start it as "
        "another user";
  }
  // As whom it runs from now on, which is what an agent goes by.
  if (auto agents = start_asking(services, wish->sandbox != config::Sandbox::off); !agents) {
    return refuse(agents.error());
  } else {
    sandbox.svid_agents = std::move(*agents);
  }
  if (wish->sandbox == config::Sandbox::off) {
    return sandbox;
  }
  host::Confinement wanted = confinement_for(config, services);
  if (const auto place = handover::place_of(config)) {  // which may make its folder
    wanted.sockets.push_back(folder_of(*place));
  }
  wanted.abstract_sockets = std::any_of(variables.begin(), variables.end(),
                                        [](const auto& each) { return each.second.starts_with('@'); });
  const bool has_tokens = std::any_of(services.begin(), services.end(), has_token);
  if (!start.separate_key && has_tokens) {
    wanted.privileges_alone = module_here;
  }
  const host::Confined possible = host::what_confines(wanted);
  if (wish->sandbox == config::Sandbox::required && !(possible.files && possible.system_calls)) {
    return refuse(
        {ErrorKind::configuration,
         fmt::format("sandbox: required, and {}; with sandbox: auto persona runs with what there is",
                     all_missing(possible))});
  }
  if (!possible.files && !possible.system_calls) {
    // Nothing that it would need a broker for.
    auto confined = host::confine(wanted);
    if (!confined) {
      return refuse(confined.error());
    }
    sandbox.confined = std::move(*confined);
    return sandbox;
  }
  broker::Duties duties;
  const auto named = std::make_shared<Named>(config, start.separate_key, overrides.log_file.value_or(""));
  duties.may_read = [named](const fs::path& file) { return named->has_file(file); };
  duties.may_log_to = [named](const fs::path& file) { return named->has_log(file); };
  duties.may_listen = [named](std::uint16_t port) { return named->has_port(port); };
  duties.may_hand_over = [named](std::string_view content) { return named->may_hand_over(content); };
  duties.successor = Succession::arguments_of_successor(start);
  duties.variables = variables;
  auto broker = broker::Broker::start(duties);
  if (!broker) {
    return refuse(broker.error());
  }
  auto confined = host::confine(wanted);
  if (!confined) {
    return refuse(confined.error());
  }
  (*broker)->take_over();
  sandbox.broker = *broker;
  sandbox.confined = std::move(*confined);
  sandbox.loads_modules = has_tokens;
  sandbox.allowed = std::make_shared<const host::Confinement>(std::move(wanted));
  return sandbox;
}

}  // namespace persona::cli
