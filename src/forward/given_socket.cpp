#include "persona/forward/given_socket.hpp"

#include <algorithm>

namespace persona::forward {

Result<void> check_given(const config::Config& config, const config::Listen& listen, const Endpoint& local) {
  if (!listen.value.is_systemd()) {
    return {};
  }
  const std::string which = fmt::format("{} is {}", listen.value.to_string(), local.to_string());
  if (config.mode == config::Mode::persona && !config.unsafe_listen && !local.is_local()) {
    return fail(
        ErrorKind::configuration,
        "{}, which lets other machines in, in plaintext; write ListenStream=127.0.0.1:{} into the .socket "
        "unit, or set unsafe_listen: true and access.allow",
        which, local.port);
  }
  if (listen.relays && local.is_unix()) {
    return fail(ErrorKind::configuration,
                "{}, and proxy_protocol belongs to an address: who may send PROXY headers is known by theirs",
                which);
  }
  const auto& users = config.access.allow_users;
  const auto is_unix = [](const config::Listen& each) { return each.value.is_unix(); };
  if (users && !users->empty() && !local.is_unix() &&
      std::none_of(config.listen.begin(), config.listen.end(), is_unix)) {
    return fail(
        ErrorKind::configuration,
        "{}, and access.allow_users knows users only on a Unix socket; write ListenStream=/PATH into the "
        ".socket unit, or restrict addresses with access.allow",
        which);
  }
  return {};
}

Result<void> check_given_admin(const config::Listen& listen, const Endpoint& local) {
  if (listen.value.is_systemd() && !listen.unsafe && !local.is_local()) {
    return fail(ErrorKind::configuration,
                "admin.listen: {} is {}, which lets other machines read the state of this one; write "
                "ListenStream=127.0.0.1:{} into the .socket unit, or set admin.unsafe_listen: true, which "
                "serves /healthz, /readyz, /startup and /metrics there",
                listen.value.to_string(), local.to_string(), local.port);
  }
  return {};
}

}  // namespace persona::forward
