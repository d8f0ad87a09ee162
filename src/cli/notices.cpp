#include "notices.hpp"

#include <utility>

#include <fmt/format.h>

#include "persona/base/text.hpp"

namespace persona::cli {

namespace {

// A state that systemd has not taken in so many messages is of no interest any more.
constexpr std::size_t most_waiting = 16;

std::int64_t microseconds(Milliseconds time) {
  return time.count() * 1'000;
}

}  // namespace

Notices::Notices(const host::Notifier& notifier, net::Loop& loop, Vitals vitals)
    : notifier_(notifier), vitals_(std::move(vitals)), ticks_(net::Timer::create(loop, nullptr)) {
  must_tell("READY=1\nSTATUS=" + status());
  if (notifier_.watchdog()) {
    beats_ = net::Timer::create(loop, nullptr);
    look_at_loops();
  }
  tick();
}

void Notices::reloading() {
  if (draining_) {
    return;
  }
  ++reloads_;
  // systemd waits for one that is later than its own signal (Type=notify-reload): each order is answered.
  must_tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading", host::monotonic_microseconds()));
}

void Notices::reloaded(const std::string& refusal) {
  if (draining_ || reloads_ == 0 || --reloads_ > 0) {
    return;
  }
  const std::string result = refusal.empty() ? "reloaded" : "the reload is refused: " + printable(refusal);
  must_tell(fmt::format("READY=1\nSTATUS={}; {}", result, status()));
}

void Notices::draining() {
  if (std::exchange(draining_, true)) {
    return;
  }
  must_tell(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\nSTATUS={}", microseconds(drain_step), status()));
}

/// What changes the state of the service: it is told in order, and again until systemd has taken it.
void Notices::must_tell(std::string assignments) {
  waiting_.push_back(std::move(assignments));
  if (waiting_.size() > most_waiting) {
    waiting_.pop_front();
  }
  tell_what_waits();
  if (!waiting_.empty()) {
    ticks_->start(retry_interval, [this] { tick(); });
  }
}

void Notices::tell_what_waits() {
  while (!waiting_.empty() && notifier_.send(waiting_.front())) {
    waiting_.pop_front();
  }
}

/// The current one, which is about to be told.
std::string Notices::status() {
  last_status_ = printable(vitals_.status());
  return last_status_;
}

void Notices::tick() {
  tell_what_waits();
  if (waiting_.empty()) {
    if (draining_) {
      static_cast<void>(notifier_.send(fmt::format("EXTEND_TIMEOUT_USEC={}", microseconds(drain_step))));
    }
    const std::string before = last_status_;
    if (reloads_ == 0 && status() != before && !notifier_.send("STATUS=" + last_status_)) {
      last_status_.clear();  // so that it is told next time
    }
  }
  ticks_->start(waiting_.empty() ? status_interval : retry_interval, [this] { tick(); });
}

/// A question that is not answered is not asked again: there is nothing to tell until it is.
void Notices::look_at_loops() {
  if (!std::exchange(asked_, true)) {
    vitals_.ask_loops([this, alive = std::weak_ptr<int>(alive_)] {
      if (alive.expired()) {
        return;
      }
      asked_ = false;
      static_cast<void>(notifier_.send("WATCHDOG=1"));  // the next one comes in time
    });
  }
  beats_->start(*notifier_.watchdog() / 2, [this] { look_at_loops(); });
}

}  // namespace persona::cli
