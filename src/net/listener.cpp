// Accepts with uv_poll and accept(2), not with uv_listen. When a POSIX process runs out of descriptors, libuv
// accepts and closes what waits in the backlog (uv__emfile_trick), and the clients see a server that hangs
// up. On Windows a connection that uv_accept took belongs to its loop and cannot be moved to another.
#include "persona/net/listener.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "listening_socket.hpp"
#include "persona/net/error.hpp"
#include "persona/net/timer.hpp"

namespace persona::net {

namespace {

constexpr Milliseconds shortest_rest{50};
constexpr Milliseconds longest_rest{1'000};
constexpr int accepts_per_wake = 64;  // so that a burst does not starve the loop's other work

}  // namespace

struct Listener::Impl {
  explicit Impl(ListeningSocket listening) : socket(std::move(listening)) {}

  void accept_waiting();
  void rest(int uv_code);
  static void readable(uv_poll_t* handle, int status, int events);
  int poll() { return uv_poll_start(&handle, UV_READABLE, &Impl::readable); }

  ListeningSocket socket;
  uv_poll_t handle{};
  HandlePtr<Timer> timer;
  Milliseconds next_rest = shortest_rest;
  Events events;
};

Listener::~Listener() = default;

Result<HandlePtr<Listener>> Listener::bind(Loop& loop, const Endpoint& endpoint) {
  auto socket = ListeningSocket::open(endpoint);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  auto impl = std::make_unique<Impl>(std::move(*socket));
  if (int code = uv_poll_init_socket(loop.uv(), &impl->handle, impl->socket.get()); code != 0) {
    return fail(ErrorKind::network, "cannot listen on {}: {}", endpoint.to_string(), error_words(code));
  }
  auto* listener = new Listener;
  listener->local_ = impl->socket.local();
  impl->handle.data = listener;
  impl->timer = Timer::create(loop, nullptr);
  listener->impl_ = std::move(impl);
  return HandlePtr<Listener>(listener);
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
  impl.accept_waiting();
}

void Listener::Impl::accept_waiting() {
  for (int i = 0; i < accepts_per_wake && uv_is_closing(reinterpret_cast<uv_handle_t*>(&handle)) == 0; ++i) {
    Socket accepted;
    SocketAddress peer;
    const int code = socket.accept(accepted, peer);
    if (code == UV_EAGAIN) {
      return;
    }
    if (code == 0) {
      next_rest = shortest_rest;
      events.accepted(std::move(accepted), peer);
    } else if (code != UV_ECONNABORTED) {
      rest(code);
      return;
    }
  }
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
  impl_->socket.remove_file();
  impl_->timer.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->handle),
           [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
}

}  // namespace persona::net
