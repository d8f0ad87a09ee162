// The subcommands. Each returns the process's exit code.
#pragma once

#include <cstdio>
#include <filesystem>

namespace persona::cli {

inline constexpr int exit_done = 0;     ///< done, or a clean drain
inline constexpr int exit_failure = 1;  ///< runtime failure
inline constexpr int exit_usage = 2;    ///< usage or configuration

/// Forwards until SIGTERM or SIGINT. `config`: a file or a folder.
int run(const std::filesystem::path& config);

/// Validates offline; findings to `err`, a summary of what would run to `out`.
int check(const std::filesystem::path& config, std::FILE* out, std::FILE* err);

/// The whole journey in one process; with `once` it ends after its self-check.
int demo(bool once);

/// Versions of persona and of what it is built on.
int version(std::FILE* out);

}  // namespace persona::cli
