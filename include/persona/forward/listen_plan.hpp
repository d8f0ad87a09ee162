// Where a service is to listen: what the system has to be asked for that, asked beforehand, off the loop.
#pragma once

#include <functional>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/net/socket_file.hpp"

namespace persona::forward {

struct ListenPlan {
  /// An entry of `listen`.
  struct Item {
    config::Listen listen;
    std::vector<Endpoint>
        addresses;  ///< with numeric hosts: one for each address of a name; none of systemd:NAME
    net::SocketFile file;
    /// Whether what systemd has passed may be served: only its socket tells where it is.
    std::function<Result<void>(const Endpoint& local)> is_fit;
  };
  std::vector<Item> items;
};

/// What changed for those who connect.
struct ListenChange {
  std::vector<Endpoint> opened;  ///< with the ports that the kernel chose
  std::vector<Endpoint> closed;
};

/// Resolves names and looks groups up. Blocks; any thread.
Result<ListenPlan> plan_listening(const config::Config& config);

}  // namespace persona::forward
