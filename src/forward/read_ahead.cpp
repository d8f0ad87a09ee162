#include "read_ahead.hpp"

#include <utility>

namespace persona::forward {

ReadAhead::ReadAhead(net::Loop& loop, net::HandleOwner& owner, net::Leg& leg, ByteSpan input, Left left,
                     Buffer before, Filter* filter)
    : loop_(loop),
      owner_(owner),
      leg_(leg),
      input_(input),
      left_(std::move(left)),
      filter_(filter),
      held_(std::move(before)) {
  leg_.tell(this);
}

int ReadAhead::start() {
  if (held_.size() >= limit) {
    pause();
    return 0;
  }
  return leg_.start_reading();
}

void ReadAhead::on_read(ByteView bytes) {
  if (filter_ == nullptr) {
    held_.append(bytes);
  } else if (!filter_->filter(bytes, held_)) {
    return;
  }
  if (held_.size() >= limit) {
    pause();
  }
}

void ReadAhead::on_end(int status) {
  if (filter_ != nullptr && status == 0) {
    filter_->filter_end(held_);
  }
  if (status != 0 || held_.empty()) {
    leave(status);
    return;
  }
  ended_ = true;
}

void ReadAhead::leave(int status) {
  const Left left = std::move(left_);  // the call may free this object
  left(status);
}

void ReadAhead::on_written(int status) {
  if (broken_ == 0) {
    broken_ = status;
  }
}

void ReadAhead::pause() {
  leg_.stop_reading();
  hangup_timer_ = net::Timer::create(loop_, &owner_);
  hangup_timer_->start(hangup_interval, [this] { look_for_hangup(); });
}

void ReadAhead::look_for_hangup() {
  if (const int error = leg_.take_pending_error(); error != 0) {
    leave(error);
    return;
  }
  hangup_timer_->start(hangup_interval, [this] { look_for_hangup(); });
}

}  // namespace persona::forward
