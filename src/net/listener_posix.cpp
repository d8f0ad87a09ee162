// Accepts with accept(2) and uv_poll rather than uv_listen: libuv answers a want of descriptors by accepting
// and closing what waits in the backlog (uv__emfile_trick), which a client would take for a server that hangs
// up.
#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "persona/net/error.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/timer.hpp"

namespace persona::net {

namespace {

constexpr Milliseconds shortest_rest{50};
constexpr Milliseconds longest_rest{1'000};
constexpr int accepts_per_wake = 64;  // so that a burst does not starve what else the loop does

Result<sockaddr_storage> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (int code = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &list); code != 0) {
    return fail(ErrorKind::configuration, "cannot listen on {}: {}", endpoint.to_string(),
                gai_strerror(code));
  }
  const addrinfo* chosen = list;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      chosen = entry;
      break;
    }
  }
  sockaddr_storage address{};
  std::memcpy(&address, chosen->ai_addr, chosen->ai_addrlen);
  freeaddrinfo(list);
  return address;
}

tl::unexpected<Error> cannot_listen(const Endpoint& endpoint, int error) {
  const std::string_view hint = error == EADDRINUSE      ? "; another program listens there"
                                : error == EACCES        ? "; ports below 1024 need a privilege"
                                : error == EADDRNOTAVAIL ? "; this machine does not have this address"
                                                         : "";
  return fail(ErrorKind::configuration, "cannot listen on {}: {}{}", endpoint.to_string(),
              error_words(uv_translate_sys_error(error)), hint);
}

Socket new_socket(int family) {
  return Socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<Socket> bind_tcp(const Endpoint& endpoint) {
  const auto address = resolve(endpoint);
  if (!address) {
    return tl::unexpected(address.error());
  }
  Socket socket = new_socket(address->ss_family);
  const int on = 1;
  const socklen_t length = address->ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  const bool v6 = address->ss_family == AF_INET6;
  if (!socket.valid() || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (v6 && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), length) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return cannot_listen(endpoint, errno);
  }
  return socket;
}

/// Removes a socket file that nobody serves any more.
Result<void> remove_stale(const Endpoint& endpoint, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(endpoint.path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorKind::configuration, "cannot listen on {}: the file exists and is no socket",
                endpoint.to_string());
  }
  const Socket probe = new_socket(AF_UNIX);
  if (probe.valid() &&
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED) {
    if (unlink(endpoint.path.c_str()) != 0) {
      return cannot_listen(endpoint, errno);
    }
    return {};
  }
  return cannot_listen(endpoint, EADDRINUSE);
}

Result<Socket> bind_unix(const Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof address.sun_path) {
    return cannot_listen(endpoint, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  if (auto removed = remove_stale(endpoint, address); !removed) {
    return tl::unexpected(removed.error());
  }
  Socket socket = new_socket(AF_UNIX);
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return cannot_listen(endpoint, errno);
  }
  return socket;
}

}  // namespace

struct Listener::Impl {
  void accept_waiting();
  void rest(int error);
  static void readable(uv_poll_t* handle, int status, int events);
  int poll() { return uv_poll_start(&handle, UV_READABLE, &Impl::readable); }

  Loop* loop = nullptr;
  Socket socket;
  uv_poll_t handle{};
  HandlePtr<Timer> timer;
  Milliseconds next_rest = shortest_rest;
  Events events;
  std::string unlink_path;
  ino_t inode = 0;
};

Listener::~Listener() = default;

Result<HandlePtr<Listener>> Listener::bind(Loop& loop, const Endpoint& endpoint) {
  auto socket = endpoint.is_unix() ? bind_unix(endpoint) : bind_tcp(endpoint);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  auto impl = std::make_unique<Impl>();
  impl->loop = &loop;
  impl->socket = std::move(*socket);
  if (int code = uv_poll_init_socket(loop.uv(), &impl->handle, impl->socket.get()); code != 0) {
    return fail(ErrorKind::network, "cannot listen on {}: {}", endpoint.to_string(), error_words(code));
  }
  auto* listener = new Listener;
  listener->local_ = endpoint;
  if (endpoint.is_unix()) {
    impl->unlink_path = endpoint.path;
    struct stat bound {};
    if (lstat(endpoint.path.c_str(), &bound) == 0) {
      impl->inode = bound.st_ino;
    }
  } else {
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (getsockname(impl->socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0) {
      const SocketAddress address(reinterpret_cast<const sockaddr*>(&bound));
      listener->local_.host = address.ip() ? address.ip()->to_string() : endpoint.host;
      listener->local_.port = address.port();
    }
  }
  impl->handle.data = listener;
  impl->timer = Timer::create(loop, nullptr);
  listener->impl_ = std::move(impl);
  return HandlePtr<Listener>(listener);
}

void Listener::start(Events events) {
  impl_->events = std::move(events);
  const int code = impl_->poll();
  assert(code == 0);  // fails only while closing
  static_cast<void>(code);
}

void Listener::Impl::readable(uv_poll_t* handle, int status, int) {
  auto& impl = *static_cast<Listener*>(handle->data)->impl_;
  if (status < 0) {
    impl.rest(-status);
    return;
  }
  impl.accept_waiting();
}

void Listener::Impl::accept_waiting() {
  for (int i = 0; i < accepts_per_wake && uv_is_closing(reinterpret_cast<uv_handle_t*>(&handle)) == 0; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    Socket accepted(
        accept4(socket.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.valid()) {
      next_rest = shortest_rest;
      events.accepted(std::move(accepted), SocketAddress(reinterpret_cast<const sockaddr*>(&peer)));
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return;
      case EINTR:
      case ECONNABORTED:  // the client left before we came (accept(2)); so do the network errors below
      case EPROTO:
      case ENETDOWN:
      case ENOPROTOOPT:
      case EHOSTDOWN:
      case ENONET:
      case EHOSTUNREACH:
      case EOPNOTSUPP:
      case ENETUNREACH:
        continue;
      default:  // EMFILE, ENFILE, ENOBUFS, ENOMEM: the connections wait in the backlog
        rest(errno);
        return;
    }
  }
}

void Listener::Impl::rest(int error) {
  static_cast<void>(uv_poll_stop(&handle));  // fails only while closing
  events.resting(error_words(uv_translate_sys_error(error)), next_rest);
  timer->start(next_rest, [this] {
    if (int code = poll(); code != 0) {
      rest(-code);
    }
  });
  next_rest = std::min(next_rest * 2, longest_rest);
}

void Listener::close() {
  struct stat now {};
  // Only our own file: somebody may have removed it and bound another.
  if (!impl_->unlink_path.empty() && lstat(impl_->unlink_path.c_str(), &now) == 0 &&
      now.st_ino == impl_->inode) {
    static_cast<void>(unlink(impl_->unlink_path.c_str()));  // somebody may have removed it already
  }
  impl_->timer.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->handle),
           [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
}

}  // namespace persona::net
