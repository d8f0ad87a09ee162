// `persona run --separate-key`: the private keys are read, kept and used by a process beside the one that
// forwards.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/net/switchboard.hpp"
#include "persona/net/users.hpp"

namespace persona::cli {

/// Forks. The process keeps the rights that this one has now, as far as it needs them to read keys, and signs
/// for `users` alone; it ends when the switchboard is destroyed. It has the keys of all files that `config`
/// stands for and reads them again when it is asked for one that it has not. There must be no other thread,
/// and nothing secret in memory.
Result<std::shared_ptr<const net::Switchboard>> start_key_process(const std::filesystem::path& config,
                                                                  std::vector<net::UserId> users);

}  // namespace persona::cli
