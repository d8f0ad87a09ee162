#include "persona/net/timer.hpp"

#include <cassert>
#include <utility>

namespace persona::net {

namespace {

// A loop is that late only if it did not run. A busy one is late by its longest callback.
constexpr Milliseconds standstill{250};

}  // namespace

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

void Timer::start(Milliseconds delay, std::function<void()> expired, StoodStill late) {
  Loop::assert_on_loop(handle_.loop);
  expired_ = std::move(expired);
  late_ = late;
  delay_ = delay;
  arm(delay);
}

void Timer::arm(Milliseconds delay) {
  // The loop's clock stands still within an iteration, which may last for milliseconds.
  uv_update_time(handle_.loop);
  due_ = Milliseconds(static_cast<std::int64_t>(uv_now(handle_.loop))) + delay;
  due_at_poll_.reset();
  const auto fire = [](uv_timer_t* handle) { static_cast<Timer*>(handle->data)->fire(); };
  const int code = uv_timer_start(&handle_, fire, static_cast<std::uint64_t>(delay.count()), 0);
  assert(code == 0);  // fails only while closing
  static_cast<void>(code);
}

// libuv runs timers that are due without looking at the sockets first (uv_run; uv__io_poll returns at once
// when a signal or a long stop has used up its timeout).
void Timer::fire() {
  const Loop& loop = *static_cast<const Loop*>(handle_.loop->data);
  if (!due_at_poll_) {
    const Milliseconds now(static_cast<std::int64_t>(uv_now(handle_.loop)));
    if (now - due_ >= standstill && std::exchange(late_, StoodStill::expires) == StoodStill::begins_anew) {
      arm(delay_);
      return;
    }
    due_at_poll_ = loop.polls();
  }
  if (loop.polls() == *due_at_poll_) {
    const auto again = [](uv_timer_t* handle) { static_cast<Timer*>(handle->data)->fire(); };
    const int code = uv_timer_start(&handle_, again, 1, 0);
    assert(code == 0);  // fails only while closing
    static_cast<void>(code);
    return;
  }
  // Moved out first: the callback may restart or destroy the timer.
  const auto callback = std::move(expired_);
  callback();
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

std::chrono::microseconds stopwatch() {
  return std::chrono::microseconds(static_cast<std::int64_t>(uv_hrtime() / 1'000));
}

}  // namespace persona::net
