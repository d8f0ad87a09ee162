#include "persona/net/signals.hpp"

#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

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
  if (int code = uv_signal_start(&watcher->handle_, fire, signal); code != 0) {
    return fail(ErrorKind::internal, "cannot watch signal {}: {}", signal, error_words(code));
  }
  return owned;
}

void SignalWatcher::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<SignalWatcher*>(handle->data); });
}

}  // namespace persona::net
