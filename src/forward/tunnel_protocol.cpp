// What a tunnel does for `protocol`: the client's first exchange, and ends that only look like failures, or
// only like clean ones.
#include <utility>

#include "tunnel.hpp"

namespace persona::forward {

// `protocol:`. `from` has received this. Once all has been seen nothing is copied, however long the far side
// takes to answer.
void Tunnel::first_exchange(Pump& from, std::span<const ByteView> plaintext) {
  if (facade_->is_over()) {
    forward(from, plaintext);
    drop_facade();
    return;
  }
  Buffer onward;
  Buffer answer;
  for (const ByteView piece : plaintext) {
    if (&from == &from_client()) {
      facade_->received(piece, onward, answer);
    } else {
      facade_->answered(piece, onward);
    }
  }
  if (!answer.empty()) {
    answer_client(answer.view());
  }
  if (!ended_ && !onward.empty()) {
    const ByteView bytes = onward.view();
    forward(from, std::span<const ByteView>(&bytes, 1));
    drop_facade();
  }
}

// In place of the far side: not counted as its bytes.
void Tunnel::answer_client(ByteView answer) {
  if (mode_ == config::Mode::persona) {
    if (auto written = to_plain_.sink.write(answer); !written) {
      plain_written(written.error());
    }
    return;
  }
  Buffer& records = scratch_.records();
  if (session_->seal(answer, records)) {
    send(records.view());
  } else {
    end(End(*session_->failure()));
  }
}

void Tunnel::first_exchange_ended(Pump& from) {
  Buffer onward;
  if (&from == &from_client()) {
    facade_->received_end(onward);
  } else {
    facade_->answered_end(onward);
  }
  if (!onward.empty()) {
    const ByteView bytes = onward.view();
    forward(from, std::span<const ByteView>(&bytes, 1));
  }
}

// It is kept until the far side has answered, because until then the client can be told of a failure.
void Tunnel::drop_facade() {
  if (!ended_ && facade_ != nullptr && facade_->is_over() && from_far().bytes > 0) {
    facade_ = nullptr;
    host_.on_facade_over();
  }
}

bool Tunnel::is_unanswered() const {
  const bool persona = mode_ == config::Mode::persona;
  return (persona ? to_plain_ : to_tls_).bytes == 0 && (persona || to_plain_.state == Pump::State::flowing);
}

// The far side has ended cleanly, as if it were all there is to say. True: the client is told that it is not.
bool Tunnel::ended_unanswered(const Pump& from) {
  if (facade_ == nullptr || &from != &from_far() || !is_unanswered() || !facade_->awaits_answer()) {
    return false;
  }
  const bool persona = mode_ == config::Mode::persona;
  if (persona) {
    Buffer& records = scratch_.records();
    session_->close_notify(records);
    send(records.view());
  }
  end({persona ? Reason::gateway_closed : Reason::local_closed,
       fmt::format("the {} ended the connection before it had sent a byte: is {} running?",
                   persona ? tls_peer() : plain_peer(), persona ? "the service behind it" : "it")});
  return true;
}

// `from` has ended, and not cleanly. A client that has taken leave in its protocol is about to end as well:
// then this is how the far side has taken it.
void Tunnel::broke_off(const Pump& from, End why) {
  if (&from != &from_far() || limits_.leave.count() == 0 || first_end_ || is_unanswered()) {
    end(why);
    return;
  }
  gone_ = std::make_unique<End>(std::move(why));
  host_.set_alarm(Alarm::quiet, limits_.leave);
  Pump& client = from_client();
  client.paused = false;
  if (client.source.start_reading() != 0) {
    end(*gone_);
  }
}

void Tunnel::client_left(bool cleanly) {
  if (cleanly) {
    first_end_ = mode_ == config::Mode::persona ? Reason::local_closed : Reason::gateway_closed;
  }
  end(*gone_);
}

// Mode gateway. What the client still sends is nobody's, but its close_notify tells that it has left.
void Tunnel::client_after_far_end(tls::Status status, bool sends, ByteView rest) {
  if (status == tls::Status::want_input && !sends) {
    held_.clear();
    held_.append(rest);
  } else {
    client_left(status == tls::Status::closed);
  }
}

}  // namespace persona::forward
