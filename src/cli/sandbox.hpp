// `sandbox` and `user`: what `persona run` takes from itself before it reads a key.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overrides.hpp"
#include "persona/broker/broker.hpp"
#include "persona/config/config.hpp"
#include "persona/host/confinement.hpp"
#include "persona/net/child.hpp"
#include "refusal.hpp"
#include "start.hpp"

namespace persona::cli {

/// What a process with these configurations needs. `config`: the file or folder that they come from; with a
/// folder, files that are added may need any port.
host::Confinement confinement_for(const std::filesystem::path& config,
                                  const std::vector<config::Config>& services);

/// "files, ports, system calls, privileges", and a row for each layer that is missing; `off` without any.
std::vector<std::string> sandbox_in_words(const std::filesystem::path& config, const config::Config& service);

/// A finding for a token (unless it `loads_modules`), each port to dial and each folder for a socket that the
/// process may not use, since its configuration did not have it when it was confined. What it listens on is
/// the broker's to grant.
void check_confinement(const host::Confinement& confinement, bool loads_modules, const config::Config& config,
                       config::Report& report);

/// This process, as it is from now on.
struct Sandbox {
  broker::Broker* broker = nullptr;                       ///< null: the process does everything itself
  std::shared_ptr<const host::Confinement> allowed{};     ///< null: everything
  std::optional<host::Confined> confined{};               ///< nothing: `sandbox: off`
  std::shared_ptr<const net::Switchboard> key_process{};  ///< null: keys are read by this process
  std::shared_ptr<const SvidAgents> svid_agents{};        ///< null while not `is_decided`
  bool loads_modules = true;  ///< it, or the process that has the keys, was started for tokens
  std::string warning{};      ///< for the log; empty: none
  bool is_decided = false;    ///< false: the configuration has errors, and the process is what it was
};

/// There must be no other thread, and nothing secret in memory. `variables`: of a successor's environment.
tl::expected<Sandbox, Refusal> enter_sandbox(const std::filesystem::path& config, const Overrides& overrides,
                                             const Start& start, const net::Child::Variables& variables);

}  // namespace persona::cli
