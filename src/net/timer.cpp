#include "persona/net/timer.hpp"

#include <cassert>
#include <utility>

namespace persona::net {

HandlePtr<Timer> Timer::create(Loop& loop, HandleOwner* owner) {
  loop.assert_here();
  HandlePtr<Timer> timer(new Timer);
  timer->owner_ = owner;
  if (owner != nullptr) {
    owner->handle_opened();
  }
  timer->handle_.data = timer.get();
  const int code = uv_timer_init(loop.uv(), &timer->handle_);
  assert(code == 0);  // cannot fail (libuv's src/timer.c)
  static_cast<void>(code);
  return timer;
}

void Timer::start(Milliseconds delay, std::function<void()> expired) {
  Loop::assert_on_loop(handle_.loop);
  expired_ = std::move(expired);
  // The loop's clock stands still within an iteration, which may last for milliseconds.
  uv_update_time(handle_.loop);
  const auto fire = [](uv_timer_t* handle) {
    // Moved out first: the callback may restart or destroy the timer.
    auto callback = std::move(static_cast<Timer*>(handle->data)->expired_);
    callback();
  };
  const int code = uv_timer_start(&handle_, fire, static_cast<std::uint64_t>(delay.count()), 0);
  assert(code == 0);  // fails only while closing
  static_cast<void>(code);
}

void Timer::stop() {
  Loop::assert_on_loop(handle_.loop);
  const int code = uv_timer_stop(&handle_);
  assert(code == 0);
  static_cast<void>(code);
}

void Timer::close() {
  Loop::assert_on_loop(handle_.loop);
  expired_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), [](uv_handle_t* handle) {
    auto* timer = static_cast<Timer*>(handle->data);
    HandleOwner* owner = timer->owner_;
    delete timer;
    if (owner != nullptr) {
      owner->handle_closed();
    }
  });
}

Milliseconds now(Loop& loop) {
  return Milliseconds(static_cast<std::int64_t>(uv_now(loop.uv())));
}

Milliseconds precise_now() {
  return Milliseconds(static_cast<std::int64_t>(uv_hrtime() / 1'000'000));
}

}  // namespace persona::net
