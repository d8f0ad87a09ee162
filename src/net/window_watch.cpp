#include "persona/net/window_watch.hpp"

#include <algorithm>

#include "socket_options.hpp"

namespace persona::net {

namespace {

constexpr Milliseconds longest_interval{5'000};
// How many looks fit into a user timeout: a window that closes is seen long before the kernel gives up.
constexpr int looks = 3;
// How often the timer fires in the time that it takes to look at all.
constexpr std::size_t parts = 16;
// A single segment may get through a window that is as good as closed.
constexpr unsigned looks_until_open = 2;

}  // namespace

WindowWatch::Watched::Watched(WindowWatch& watch, const uv_handle_t& handle, Milliseconds user_timeout)
    : watch_(watch), handle_(handle), user_timeout_(user_timeout), index_(watch.watched_.size()) {
  watch_.watched_.push_back(this);
}

WindowWatch::Watched::~Watched() {
  auto& all = watch_.watched_;
  all.back()->index_ = index_;
  all[index_] = all.back();
  all.pop_back();
  if (all.empty()) {
    static_cast<void>(uv_timer_stop(&watch_.timer_));  // always 0
  }
}

void WindowWatch::Watched::look() {
  const Delivery delivery = delivery_of(handle_, user_timeout_);
  if (delivery == Delivery::waiting) {
    if (patience_ == 0) {
      set_user_timeout(handle_, Milliseconds(0));
    }
    patience_ = looks_until_open;
  } else if (patience_ > 0) {
    patience_ = delivery == Delivery::silent ? 0 : patience_ - 1;
    if (patience_ == 0) {
      set_user_timeout(handle_, user_timeout_);
    }
  }
}

WindowWatch::WindowWatch(uv_loop_t* loop) : interval_(longest_interval) {
  timer_.data = this;
  static_cast<void>(uv_timer_init(loop, &timer_));    // cannot fail (libuv's src/timer.c)
  uv_unref(reinterpret_cast<uv_handle_t*>(&timer_));  // does not keep the loop running
}

std::unique_ptr<WindowWatch::Watched> WindowWatch::watch(const uv_handle_t& handle,
                                                         Milliseconds user_timeout) {
  std::unique_ptr<Watched> watched(new Watched(*this, handle, user_timeout));
  const Milliseconds wanted = std::min(longest_interval, user_timeout / looks);
  if (watched_.size() == 1 || wanted < interval_) {
    interval_ = watched_.size() == 1 ? wanted : std::min(interval_, wanted);
    const auto look = [](uv_timer_t* timer) { static_cast<WindowWatch*>(timer->data)->look_at_some(); };
    const auto period = static_cast<std::uint64_t>(interval_.count()) / parts + 1;
    static_cast<void>(uv_timer_start(&timer_, look, period, period));  // fails only while closing
  }
  return watched;
}

// Each socket once in `parts` calls, however few there are.
void WindowWatch::look_at_some() {
  for (owed_ += watched_.size(); owed_ >= parts; owed_ -= parts) {
    next_ = next_ < watched_.size() ? next_ : 0;
    watched_[next_++]->look();
  }
}

void WindowWatch::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
}

}  // namespace persona::net
