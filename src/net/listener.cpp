// Accepts with uv_poll and accept(2), not with uv_listen. When a POSIX process runs out of descriptors, libuv
// accepts and closes what waits in the backlog (uv__emfile_trick), and the clients see a server that hangs
// up. On Windows a connection that uv_accept took belongs to its loop and cannot be moved to another.
#include "persona/net/listener.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "listening_socket.hpp"
#include "persona/net/error.hpp"
#include "persona/net/timer.hpp"
#include "unix_socket.hpp"

namespace persona::net {

namespace {

constexpr Milliseconds shortest_rest{50};
constexpr Milliseconds longest_rest{1'000};
constexpr int most_ports = 10;  // that the kernel may choose, until one is free at every address

bool is_lacking(int uv_code) {
  return uv_code == UV_EADDRNOTAVAIL || uv_code == UV_EAFNOSUPPORT;
}

bool is_among(const std::vector<Endpoint>& bound, const Endpoint& address) {
  return std::any_of(bound.begin(), bound.end(), [&](const Endpoint& each) {
    return !each.is_unix() && !address.is_unix() && each.port == address.port &&
           IpAddress::parse(each.host) == IpAddress::parse(address.host);
  });
}

}  // namespace

struct Listener::Impl {
  explicit Impl(ListeningSocket listening) : socket(std::move(listening)) {}

  bool accept_one();
  void rest(int uv_code);
  static void readable(uv_poll_t* handle, int status, int events);
  int poll() { return uv_poll_start(&handle, UV_READABLE, &Impl::readable); }

  ListeningSocket socket;
  uv_poll_t handle{};
  HandlePtr<Timer> timer;
  Milliseconds next_rest = shortest_rest;
  Events events;
  bool leaves_file = false;
};

Listener::~Listener() = default;

Result<HandlePtr<Listener>> Listener::bind(Loop& loop, const Endpoint& endpoint, const SocketFile& file) {
  int uv_code = 0;
  return bind(loop, endpoint, file, uv_code);
}

Result<HandlePtr<Listener>> Listener::bind(Loop& loop, const Endpoint& endpoint, const SocketFile& file,
                                           int& uv_code) {
  if (auto given = loop.inherited().take_at(endpoint)) {
    return inherit(loop, endpoint, file, std::move(*given), uv_code);
  }
  auto socket = ListeningSocket::open(endpoint, file, uv_code);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  return serve(loop, endpoint, std::move(*socket));
}

Result<HandlePtr<Listener>> Listener::serve(Loop& loop, const Endpoint& endpoint, ListeningSocket socket) {
  auto impl = std::make_unique<Impl>(std::move(socket));
  if (int code = uv_poll_init_socket(loop.uv(), &impl->handle, impl->socket.get()); code != 0) {
    return fail(ErrorKind::network, "cannot listen on {}: {}", endpoint.to_string(), error_words(code));
  }
  auto* listener = new Listener;
  listener->local_ = impl->socket.local();
  impl->handle.data = listener;
  impl->timer = Timer::create(loop, nullptr);
  listener->impl_ = std::move(impl);
  listener->asked_ = endpoint;
  loop.listeners().push_back(listener);
  return HandlePtr<Listener>(listener);
}

// Its file is the predecessor's until that has ended, or says that it is ours (leave_file).
Result<HandlePtr<Listener>> Listener::inherit(Loop& loop, const Endpoint& endpoint, const SocketFile& file,
                                              InheritedSocket given, int& uv_code) {
  if (given.local.is_unix()) {
    if (auto set = renew_access(given.local, file, uv_code); !set) {
      return tl::unexpected(set.error());
    }
  }
  auto listener =
      serve(loop, endpoint, ListeningSocket(std::move(given.socket), std::move(given.local), given.inode));
  if (listener) {
    (*listener)->leave_file(true);
  }
  return listener;
}

uv_os_sock_t Listener::socket() const {
  return impl_->socket.get();
}

std::uint64_t Listener::file() const {
  return impl_->socket.inode();
}

void Listener::leave_file(bool left) {
  impl_->leaves_file = left;
}

Result<std::vector<HandlePtr<Listener>>> Listener::adopt_all(Loop& loop, const Endpoint& endpoint) {
  auto sockets = loop.inherited().take_of_systemd(endpoint.name);
  if (!sockets) {
    return tl::unexpected(sockets.error());
  }
  std::vector<HandlePtr<Listener>> listeners;
  for (InheritedSocket& each : *sockets) {
    auto listener = serve(loop, endpoint, ListeningSocket(std::move(each.socket), std::move(each.local)));
    if (!listener) {
      return tl::unexpected(listener.error());
    }
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

Result<std::vector<Endpoint>> Listener::addresses_of(const Endpoint& endpoint) {
  return addresses_to_bind(endpoint);
}

Result<std::vector<HandlePtr<Listener>>> Listener::bind_all(Loop& loop, const Endpoint& endpoint,
                                                            const std::vector<Endpoint>& bound,
                                                            const SocketFile& file) {
  if (endpoint.is_systemd()) {
    return adopt_all(loop, endpoint);
  }
  const auto addresses = addresses_to_bind(endpoint);
  if (!addresses) {
    return tl::unexpected(addresses.error());
  }
  return bind_each(loop, *addresses, bound, file);
}

Result<std::vector<HandlePtr<Listener>>> Listener::bind_each(Loop& loop,
                                                             const std::vector<Endpoint>& addresses,
                                                             const std::vector<Endpoint>& bound,
                                                             const SocketFile& file) {
  const bool any_port = !addresses.empty() && !addresses.front().is_unix() && addresses.front().port == 0;
  for (int ports = 1;; ++ports) {
    std::vector<HandlePtr<Listener>> listeners;
    std::optional<Error> lacking;
    std::optional<Error> failure;
    int uv_code = 0;
    for (Endpoint address : addresses) {
      if (is_among(bound, address)) {
        continue;
      }
      if (address.port == 0 && !listeners.empty()) {
        address.port = listeners.front()->local().port;
      }
      auto listener = bind(loop, address, file, uv_code);
      if (listener) {
        listeners.push_back(std::move(*listener));
      } else {
        (is_lacking(uv_code) ? lacking : failure) = listener.error();
      }
      if (failure) {
        break;
      }
    }
    if (failure && any_port && uv_code == UV_EADDRINUSE && ports < most_ports) {
      continue;
    }
    if (failure || (lacking && listeners.empty())) {
      return tl::unexpected(failure ? *failure : *lacking);
    }
    return listeners;
  }
}

void Listener::start(Events events) {
  Loop::assert_on_loop(impl_->handle.loop);
  impl_->events = std::move(events);
  const int code = impl_->poll();
  assert(code == 0);  // fails only while closing
  static_cast<void>(code);
}

void Listener::Impl::readable(uv_poll_t* handle, int status, int) {
  auto& impl = *static_cast<Listener*>(handle->data)->impl_;
  if (status < 0) {
    impl.rest(status);
    return;
  }
  for (int i = 0; i < accepts_per_wake && impl.accept_one(); ++i) {
  }
}

/// False: none waits, or none can be accepted now.
bool Listener::Impl::accept_one() {
  if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&handle)) != 0) {
    return false;
  }
  Socket accepted;
  SocketAddress peer;
  const int code = socket.accept(accepted, peer);
  if (code == 0) {
    next_rest = shortest_rest;
    events.accepted(std::move(accepted), peer);
  } else if (code != UV_EAGAIN && code != UV_ECONNABORTED) {
    rest(code);
  }
  return code == 0 || code == UV_ECONNABORTED;
}

void Listener::accept_waiting() {
  constexpr int longest_backlog = 4'096;  // new ones may keep coming
  for (int i = 0; i < longest_backlog && impl_->events.accepted && impl_->accept_one(); ++i) {
  }
}

Result<void> Listener::move_file(const Endpoint& to) {
  if (auto moved = impl_->socket.move_file(to); !moved) {
    return moved;
  }
  local_ = to;
  asked_ = to;
  return {};
}

void Listener::Impl::rest(int uv_code) {
  static_cast<void>(uv_poll_stop(&handle));  // fails only while closing
  events.resting(error_words(uv_code), next_rest);
  timer->start(next_rest, [this] {
    if (int code = poll(); code != 0) {
      rest(code);
    }
  });
  next_rest = std::min(next_rest * 2, longest_rest);
}

void Listener::close() {
  Loop::assert_on_loop(impl_->handle.loop);
  if (!impl_->leaves_file) {
    impl_->socket.remove_file();
  }
  std::erase(static_cast<Loop*>(impl_->handle.loop->data)->listeners(), this);
  impl_->timer.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->handle),
           [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
}

}  // namespace persona::net
