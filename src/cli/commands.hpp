// The subcommands of the program, one source file each.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "overrides.hpp"
#include "persona/base/duration.hpp"
#include "start.hpp"

namespace persona::cli {

inline constexpr int exit_done = 0;     ///< done, or a clean drain
inline constexpr int exit_failure = 1;  ///< runtime failure
inline constexpr int exit_usage = 2;    ///< usage or configuration
// `service status` answers as LSB init scripts and systemctl do (LSB 5, "Init Script Actions").
inline constexpr int exit_stopped = 3;  ///< the service does not run
inline constexpr int exit_unknown = 4;  ///< there is no such service, or its state cannot be found out

/// Runs the subcommand that the arguments name, the program's name first: its exit code. What is wrong with
/// them goes to stderr.
int dispatch(const std::vector<std::string>& arguments);

/// Forwards until told to stop. `config`: a file, or a folder whose *.yaml files are all hosted.
int run(const std::filesystem::path& config, const Overrides& overrides, Start start);

/// The same as the Windows service `name`, in a process that the Service Control Manager has started. It
/// waits for us to report, so x509::initialise_crypto() is called here, after that.
int run_as_service(const std::filesystem::path& config, const Overrides& overrides, const std::string& name);

/// Validates everything offline: findings to `err`, a summary of what would run to `out`.
int check(const std::filesystem::path& config, const Overrides& overrides, std::FILE* out, std::FILE* err);

/// Tries everything that connections need, step by step, and explains it: to `out`, as JSON with `json`.
/// exit_failure if a step has failed.
int doctor(const std::filesystem::path& config, bool json, std::FILE* out, std::FILE* err);

/// Whether the persona that runs with this configuration serves, asked again for so long until it does. Why
/// not to `err`.
int ready(const std::filesystem::path& config, Milliseconds wait, std::FILE* out, std::FILE* err);

/// Has private keys, and signs handshakes for the personas of this machine, until told to stop. `config`: a
/// file, of its own kind.
int run_agent(const std::filesystem::path& config);

/// Validates the agent's file and what it names: findings to `err`, whose keys it would have to `out`.
int check_agent(const std::filesystem::path& config, std::FILE* out, std::FILE* err);

/// Client, persona, gateway and service in one process. `once`: ends after the self-check, with its verdict.
int demo(bool once);

/// persona's version, and what it is made of, in lines; the last one without its end.
std::string version_text();

int version(std::FILE* out);

}  // namespace persona::cli
