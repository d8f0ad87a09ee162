#include "persona/forward/listen_plan.hpp"

#include <memory>
#include <utility>

#include "persona/forward/given_socket.hpp"
#include "persona/forward/socket_file.hpp"
#include "persona/net/listener.hpp"

namespace persona::forward {

Result<ListenPlan> plan_listening(const config::Config& config) {
  ListenPlan plan;
  for (const config::Listen& each : config.listen) {
    if (each.value.is_systemd()) {
      const auto is_fit = [each, whole = std::make_shared<const config::Config>(config)](
                              const Endpoint& local) { return check_given(*whole, each, local); };
      plan.items.push_back({each, {}, {}, is_fit});
      continue;
    }
    auto file = socket_file(each);
    if (!file) {
      return tl::unexpected(file.error());
    }
    auto addresses = net::Listener::addresses_of(each.value);
    if (!addresses) {
      return tl::unexpected(addresses.error());
    }
    plan.items.push_back({each, std::move(*addresses), *file, nullptr});
  }
  return plan;
}

}  // namespace persona::forward
