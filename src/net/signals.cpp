#include "persona/net/signals.hpp"

#include <map>
#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

namespace {

/// libuv gives a signal its default action back, without a gap for another, when its last handle closes. So
/// there is one more, on a loop that never runs and never ends. Returns 0 or a libuv error code.
int keep_handled(int signal) {
  static uv_loop_t& loop = *new uv_loop_t;
  static const int made = uv_loop_init(&loop);
  static auto& handles = *new std::map<int, uv_signal_t>;
  if (made != 0 || handles.contains(signal)) {
    return made;
  }
  uv_signal_t& handle = handles[signal];
  if (int code = uv_signal_init(&loop, &handle); code != 0) {
    return code;
  }
  return uv_signal_start(
      &handle, [](uv_signal_t*, int) {}, signal);
}

}  // namespace

Result<HandlePtr<SignalWatcher>> SignalWatcher::create(Loop& loop, int signal, std::function<void()> raised) {
  auto* watcher = new SignalWatcher;
  watcher->raised_ = std::move(raised);
  watcher->handle_.data = watcher;
  if (int code = uv_signal_init(loop.uv(), &watcher->handle_); code != 0) {
    delete watcher;
    return fail(ErrorKind::internal, "cannot watch signals: {}", error_words(code));
  }
  HandlePtr<SignalWatcher> owned(watcher);
  const auto fire = [](uv_signal_t* handle, int) { static_cast<SignalWatcher*>(handle->data)->raised_(); };
  int code = uv_signal_start(&watcher->handle_, fire, signal);
  code = code == 0 ? keep_handled(signal) : code;
  if (code != 0) {
    return fail(ErrorKind::internal, "cannot watch signal {}: {}", signal, error_words(code));
  }
  return owned;
}

void SignalWatcher::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<SignalWatcher*>(handle->data); });
}

}  // namespace persona::net
