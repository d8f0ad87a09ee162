// An end for a reason outside the tunnel of which both sides are told, instead of being reset.
#include "tunnel.hpp"

namespace persona::forward {

bool Tunnel::is_quiet(Milliseconds period) const {
  return !ended_ && !gone_ && !concluding_ && !first_end_ && broken_ == 0 && held_.empty() &&
         session_->held() == 0 && !to_tls_.sink.writing() && !to_plain_.sink.writing() &&
         host_.now() - last_traffic_ >= period;
}

void Tunnel::conclude(const End& why) {
  if (facade_ != nullptr || !is_quiet(Milliseconds(0))) {
    end(why);
    return;
  }
  concluding_ = std::make_unique<End>(why);
  host_.set_alarm(Alarm::quiet, conclusion_limit);
  host_.drop_alarm(Alarm::hangup);
  to_tls_.state = Pump::State::eof;
  to_plain_.state = Pump::State::eof;
  progress();
  // To close a leg while something of it is unread would be RST, which may destroy what it was told.
  resume(to_tls_);
  resume(to_plain_);
}

bool Tunnel::concluded() const {
  return concluding_ && to_tls_.state == Pump::State::shut && to_plain_.state == Pump::State::shut &&
         !to_tls_.sink.writing() && !to_plain_.sink.writing();
}

void Tunnel::over(Pump& pump) {
  pump.over = true;
  if (to_tls_.over && to_plain_.over) {
    end(*concluding_);
  }
}

}  // namespace persona::forward
