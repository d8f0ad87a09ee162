// The subcommands of the program, one source file each.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace persona::cli {

inline constexpr int exit_done = 0;     ///< done, or a clean drain
inline constexpr int exit_failure = 1;  ///< runtime failure
inline constexpr int exit_usage = 2;    ///< usage or configuration

/// Runs the subcommand that the arguments name, the program's name first: its exit code. What is wrong with
/// them goes to stderr.
int dispatch(const std::vector<std::string>& arguments);

/// Forwards until told to stop. `config`: a file, or a folder whose *.yaml files are all hosted.
int run(const std::filesystem::path& config);

/// The same as the Windows service `name`, in a process that the Service Control Manager has started. It
/// waits for us to report, so x509::initialise_crypto() is called here, after that.
int run_as_service(const std::filesystem::path& config, const std::string& name);

/// Validates everything offline: findings to `err`, a summary of what would run to `out`.
int check(const std::filesystem::path& config, std::FILE* out, std::FILE* err);

/// Client, persona, gateway and service in one process. `once`: ends after the self-check, with its verdict.
int demo(bool once);

int version(std::FILE* out);

}  // namespace persona::cli
