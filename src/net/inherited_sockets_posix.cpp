#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "listening_socket.hpp"
#include "persona/net/error.hpp"
#include "persona/net/inherited_sockets.hpp"
#include "socket_options.hpp"

namespace persona::net {

namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

std::optional<std::string> take_variable(const char* name) {
  const char* value = getenv(name);
  auto taken = value == nullptr ? std::nullopt : std::optional<std::string>(value);
  static_cast<void>(unsetenv(name));  // fails only for a name with '='
  return taken;
}

std::optional<int> option_of(const Socket& socket, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(socket.get(), SOL_SOCKET, option, &value, &length) == 0 ? std::optional(value)
                                                                            : std::nullopt;
}

/// An abstract one (unix(7)) is shown with an @, as systemd and ss(8) have it.
Endpoint unix_endpoint(const Socket& socket) {
  sockaddr_un address{};
  socklen_t length = sizeof address;
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::unix_socket;
  constexpr socklen_t head = offsetof(sockaddr_un, sun_path);
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0 && length > head) {
    const std::string_view path(address.sun_path, length - head);
    endpoint.path = path.front() == '\0' ? "@" + std::string(path.substr(1))
                                         : std::string(path.substr(0, path.find('\0')));
  }
  return endpoint;
}

/// Why it cannot be listened on; empty: it can.
std::string fault_of(const Socket& socket) {
  const auto type = option_of(socket, SO_TYPE);
  const auto listens = option_of(socket, SO_ACCEPTCONN);
  const auto family = option_of(socket, SO_DOMAIN);
  if (!type || !listens || !family) {
    return fmt::format("what was passed is no socket ({}): it takes ListenStream= in the .socket unit",
                       error_words(uv_translate_sys_error(errno)));
  }
  if (*type != SOCK_STREAM || (*family != AF_INET && *family != AF_INET6 && *family != AF_UNIX)) {
    return "the socket that was passed is not one of TCP or a Unix stream socket: it takes ListenStream= in "
           "the "
           ".socket unit";
  }
  if (*listens == 0) {
    return "the socket that was passed does not listen; it is a connection if the .socket unit has "
           "Accept=yes: "
           "it takes Accept=no";
  }
  return "";
}

bool set_flag(const Socket& socket, int get, int set, int flag) {
  const int flags = fcntl(socket.get(), get);
  return flags >= 0 && fcntl(socket.get(), set, flags | flag) == 0;
}

}  // namespace

InheritedSocket examine(Socket socket, Endpoint asked) {
  InheritedSocket result{std::move(socket), std::move(asked), {}, {}};
  const Socket& held = result.socket;
  if (!set_flag(held, F_GETFD, F_SETFD, FD_CLOEXEC)) {
    result.fault =
        fmt::format("what was passed is not open ({})", error_words(uv_translate_sys_error(errno)));
    static_cast<void>(result.socket.release());  // there is nothing to close, or soon something else
    return result;
  }
  result.fault = fault_of(held);
  if (!result.fault.empty()) {
    return result;
  }
  if (!set_flag(held, F_GETFL, F_SETFL, O_NONBLOCK)) {
    result.fault = fmt::format("the socket that was passed cannot be used ({})",
                               error_words(uv_translate_sys_error(errno)));
    return result;
  }
  result.local = option_of(held, SO_DOMAIN) == AF_UNIX ? unix_endpoint(held) : bound_endpoint(held, {});
  if (!result.local.is_unix()) {
    keep_urgent_data(held.get());
  }
  return result;
}

Result<InheritedSockets> InheritedSockets::from_systemd() {
  ListenVariables variables;
  variables.pid = take_variable("LISTEN_PID");
  variables.count = take_variable("LISTEN_FDS");
  variables.names = take_variable("LISTEN_FDNAMES");
  static_cast<void>(
      take_variable("LISTEN_PIDFDID"));  // systemd 259; the process is told well enough by its id
  const auto names = names_of_passed(variables, getpid());
  if (!names) {
    return tl::unexpected(names.error());
  }
  InheritedSockets sockets;
  int descriptor = first_passed;
  for (const std::string& name : *names) {
    Endpoint asked;
    asked.kind = Endpoint::Kind::systemd;
    asked.name = name;
    sockets.add(examine(Socket(descriptor++), std::move(asked)));
  }
  return sockets;
}

bool can_inherit_sockets() {
  return true;
}

}  // namespace persona::net
