#include "tunnel.hpp"

#include <algorithm>
#include <utility>

#include "persona/net/error.hpp"
#include "read_ahead.hpp"

namespace persona::forward {

namespace {

// How long nothing may move while the last data of a broken TLS leg is delivered to the plaintext leg.
constexpr Milliseconds broken_limit{5'000};

}  // namespace

Tunnel::Tunnel(Host& host, Scratch& scratch, net::Leg& plain, net::Leg& tls,
               std::unique_ptr<tls::Session> session, config::Mode mode, const Limits& limits)
    : host_(host),
      scratch_(scratch),
      session_(std::move(session)),
      to_tls_{plain, tls,
              mode == config::Mode::persona ? host.counters().bytes_up : host.counters().bytes_down},
      to_plain_{tls, plain,
                mode == config::Mode::persona ? host.counters().bytes_down : host.counters().bytes_up},
      limits_(limits),
      mode_(mode) {}

void Tunnel::start(Before before) {
  to_tls_.source.tell(&plain_events_);
  to_plain_.source.tell(&tls_events_);
  broken_ = before.tls_broken;
  facade_ = before.facade;
  touch();
  watch_traffic();
  if (!before.records.empty()) {
    tls_received(before.records.writable());
  }
  if (!ended_ && !before.plaintext.empty()) {
    seal(before.plaintext.view());
  }
  if (!ended_ && before.tls_ended) {
    tls_ended(*before.tls_ended);
  } else {
    flow(to_plain_);
  }
  if (!ended_ && before.plain_ended) {
    plain_ended(0);
  } else {
    flow(to_tls_);
  }
}

ByteSpan Tunnel::TlsEvents::on_buffer() {
  // The rest of a record is read right after its beginning, so that it can be opened in place.
  const ByteView held = tunnel_.held_.view();
  const ByteSpan input = tunnel_.scratch_.input();
  std::copy(held.begin(), held.end(), input.begin());
  return input.subspan(held.size(), Scratch::batch);
}

void Tunnel::TlsEvents::on_read(ByteView bytes) {
  tunnel_.tls_received(tunnel_.scratch_.input().first(tunnel_.held_.size() + bytes.size()));
}

void Tunnel::plain_received(ByteView plaintext) {
  if (concluding_) {
    return;
  }
  if (gone_) {
    end(*gone_);
    return;
  }
  touch();
  if (facade_ == nullptr) {
    seal(plaintext);
  } else {
    first_exchange(to_tls_, std::span<const ByteView>(&plaintext, 1));
  }
}

void Tunnel::forward(Pump& pump, std::span<const ByteView> plaintext) {
  if (&pump == &to_plain_) {
    deliver(plaintext);
    return;
  }
  for (const ByteView piece : plaintext) {  // the plaintext leg delivers one at a time
    seal(piece);
  }
}

void Tunnel::seal(ByteView plaintext) {
  to_tls_.count(plaintext.size());
  Buffer& records = scratch_.records();
  if (!session_->seal(plaintext, records)) {
    end(End(*session_->failure()));  // none of the records may be sent
    return;
  }
  send(records.view());
  if (!ended_ && (to_tls_.sink.writing() || broken_ != 0)) {
    pause(to_tls_);
  }
}

// `received` begins with the incomplete record in held_, if there is one.
void Tunnel::tls_received(ByteSpan received) {
  if (to_plain_.state != Pump::State::flowing) {
    return;  // RFC 8446 section 6.1: data after a closure alert is ignored
  }
  tls::Plaintext& plaintext = scratch_.plaintext();
  Buffer& records = scratch_.records();
  const tls::Status status = session_->open(received, plaintext, records);
  if (gone_) {
    client_after_far_end(status, !plaintext.empty(), received);
    return;
  }
  if (status == tls::Status::want_input && !received.empty()) {
    held_.clear();
    held_.append(received);
  } else {
    held_.release();
  }
  send(records.view());
  if (ended_) {
    return;
  }
  if (status == tls::Status::failed) {
    // The alert has left, unless it is queued behind data that the peer does not take.
    alert_sent_ = !records.empty() && broken_ == 0 && !to_tls_.sink.writing();
  }
  if (!plaintext.empty()) {
    touch();  // not for a record without data, of which a peer may send as many as it likes
    if (facade_ == nullptr) {
      deliver(plaintext.pieces);
    } else {
      first_exchange(to_plain_, plaintext.pieces);
    }
    if (gone_ && status != tls::Status::want_input) {
      client_left(status == tls::Status::closed);
    }
    if (ended_ || gone_) {
      return;
    }
  }
  if (status == tls::Status::failed) {
    end(End(*session_->failure()));
  } else if (status == tls::Status::closed) {
    if (facade_ != nullptr) {
      first_exchange_ended(to_plain_);
      if (ended_ || ended_unanswered(to_plain_)) {
        return;
      }
    }
    touch();  // timeouts.half_close counts from here
    to_plain_.state = Pump::State::eof;
    first_end_ = first_end_.value_or(Reason::gateway_closed);
    resume(to_plain_);  // a leg that is not read would not show a reset
    progress();
  } else {
    send_owed();
  }
}

void Tunnel::deliver(std::span<const ByteView> plaintext) {
  std::size_t size = 0;
  for (const ByteView piece : plaintext) {
    size += piece.size();
  }
  to_plain_.count(size);
  if (auto written = to_plain_.sink.write(plaintext); !written) {
    plain_written(written.error());
  } else if (to_plain_.sink.writing()) {
    pause(to_plain_);
  }
}

// Sends the answer that the session owes. It waits while the leg is writing, so a peer that does not read
// gets only one, however often it asks.
void Tunnel::send_owed() {
  if (!session_->answer_owed() || to_tls_.sink.writing() || broken_ != 0) {
    return;
  }
  Buffer& records = scratch_.records();
  if (!session_->answer(records)) {
    end(End(*session_->failure()));
    return;
  }
  send(records.view());
}

void Tunnel::send(ByteView records) {
  if (records.empty() || broken_ != 0) {
    return;
  }
  if (auto written = to_tls_.sink.write(records); !written) {
    tls_gone(written.error());
  }
}

void Tunnel::plain_ended(int status) {
  if (concluding_) {
    over(to_tls_);
    return;
  }
  if (gone_) {
    client_left(status == 0);
    return;
  }
  if (status != 0) {
    broke_off(to_tls_,
              {Reason::local_reset, fmt::format("the {}: {}", plain_peer(), net::error_words(status))});
    return;
  }
  if (facade_ != nullptr) {
    first_exchange_ended(to_tls_);
    if (ended_ || ended_unanswered(to_tls_)) {
      return;
    }
  }
  touch();  // timeouts.half_close counts from here
  to_tls_.state = Pump::State::eof;
  first_end_ = first_end_.value_or(Reason::local_closed);
  progress();
}

void Tunnel::tls_ended(int status) {
  if (concluding_) {
    over(to_plain_);
    return;
  }
  if (gone_) {
    client_left(false);
  } else if (to_plain_.state != Pump::State::flowing) {
    // After close_notify a FIN is the ordinary end, and a reset matters only if we still have data to send.
    if ((status != 0 || broken_ != 0) && to_tls_.state != Pump::State::shut) {
      tls_gone(status);
    }
  } else if (status != 0 || broken_ != 0) {
    // On Windows the reset may have destroyed the alert that would say so (ARCHITECTURE.md, "Platforms").
    const bool may_have_refused = mode_ == config::Mode::persona && to_plain_.bytes == 0;
    broke_off(to_plain_,
              {Reason::gateway_reset,
               fmt::format(
                   "the {} reset the connection: {}{}", tls_peer(),
                   net::error_words(status != 0 ? status : broken_),
                   may_have_refused ? "; it had sent nothing, so it may have refused our certificate" : "")});
  } else {
    broke_off(to_plain_,
              {Reason::truncated,
               fmt::format("the {} ended the TCP connection without a TLS close_notify: data may be missing",
                           tls_peer())});
  }
}

// Where a sink has written everything, passes the end on; ends the tunnel once both directions are done.
void Tunnel::progress() {
  if (ended_ || gone_) {
    return;
  }
  net::Leg& plain = to_plain_.sink;
  net::Leg& tls = to_tls_.sink;
  if (to_tls_.state == Pump::State::eof && !tls.writing() && broken_ == 0) {
    Buffer& records = scratch_.records();
    session_->close_notify(records);
    to_tls_.state = Pump::State::shut;
    send(records.view());
    if (ended_) {
      return;
    }
  }
  if (to_plain_.state == Pump::State::eof && !plain.writing()) {
    // ENOTCONN: the local side is already gone, which reading reports.
    static_cast<void>(plain.shutdown());
    to_plain_.state = Pump::State::shut;
  }
  if (to_tls_.state == Pump::State::shut && to_plain_.state == Pump::State::shut && !plain.writing() &&
      !tls.writing() && !concluding_) {
    end(*first_end_);
    return;
  }
  if (broken_ != 0 && to_plain_.state == Pump::State::shut && !plain.writing()) {
    end({Reason::gateway_reset,
         fmt::format("the {} reset the connection: {}", tls_peer(), net::error_words(broken_))});
    return;
  }
  if (!concluding_) {
    watch_traffic();
  }
}

void Tunnel::plain_written(int status) {
  if (gone_ || (concluding_ && status != 0)) {
    return;  // reading tells of the client
  }
  if (status != 0) {
    broke_off(to_tls_, {Reason::local_reset,
                        fmt::format("writing to the {}: {}", plain_peer(), net::error_words(status))});
  } else {
    written(to_plain_);
  }
}

void Tunnel::tls_written(int status) {
  if (gone_) {
    return;
  }
  if (status != 0) {
    tls_gone(status);
    return;
  }
  written(to_tls_);
  if (!ended_) {
    send_owed();
  }
}

void Tunnel::written(Pump& pump) {
  touch();
  flow(pump);
  progress();
}

// Continues reading, or waits for the sink.
void Tunnel::flow(Pump& pump) {
  if (ended_ || pump.state != Pump::State::flowing) {
    return;
  }
  if (pump.sink.writing() || (&pump == &to_tls_ && broken_ != 0)) {
    pause(pump);
  } else {
    resume(pump);
  }
}

void Tunnel::pause(Pump& pump) {
  pump.source.stop_reading();
  pump.paused = true;
  host_.set_alarm(Alarm::hangup, hangup_interval);
}

void Tunnel::resume(Pump& pump) {
  if (ended_) {
    return;
  }
  pump.paused = false;
  if (int error = pump.source.start_reading(); error != 0) {
    if (&pump == &to_tls_) {
      plain_ended(error);
    } else {
      tls_ended(error);
    }
  }
}

void Tunnel::rang(Alarm alarm) {
  if (ended_) {
    return;
  }
  if (alarm == Alarm::hangup) {
    look_for_hangup();
  } else {
    quiet();
  }
}

void Tunnel::look_for_hangup() {
  if (gone_ || concluding_) {
    return;
  }
  if (to_tls_.paused) {
    if (const int error = to_tls_.source.take_pending_error(); error != 0) {
      plain_ended(error);
      return;
    }
  }
  if (to_plain_.paused) {
    if (const int error = to_plain_.source.take_pending_error(); error != 0) {
      tls_gone(error);
    }
  }
  if (!ended_ && (to_tls_.paused || to_plain_.paused)) {
    host_.set_alarm(Alarm::hangup, hangup_interval);
  }
}

// Nothing more can be sent on the TLS leg. What the peer has sent is still read and delivered, and the
// connection ends after that: an unread alert says more than the failed write.
void Tunnel::tls_gone(int status) {
  if (concluding_) {
    over(to_plain_);
    return;
  }
  if (broken_ == 0) {
    broken_ = status;
  }
  pause(to_tls_);
  progress();
}

// How long nothing may move. One alarm serves timeouts.idle, timeouts.half_close and broken_limit.
Milliseconds Tunnel::quiet_limit() const {
  if (broken_ != 0) {
    return broken_limit;
  }
  return first_end_ && limits_.half_close.count() > 0 ? limits_.half_close : limits_.idle;
}

void Tunnel::touch() {
  last_traffic_ = host_.now();
  last_held_ = 0;
}

void Tunnel::watch_traffic() {
  if (const Milliseconds limit = quiet_limit(); limit.count() > 0) {
    last_unsent_ = to_plain_.sink.unsent() + to_tls_.sink.unsent();
    host_.set_alarm(Alarm::quiet, std::max(limit - (host_.now() - last_traffic_), Milliseconds(1)));
  } else {
    host_.drop_alarm(Alarm::quiet);
  }
}

void Tunnel::quiet() {
  if (gone_ || concluding_) {
    end(gone_ ? *gone_ : *concluding_);
    return;
  }
  const Milliseconds limit = quiet_limit();
  if (moves_slowly()) {
    last_traffic_ = host_.now();
  }
  if (host_.now() - last_traffic_ < limit) {
    watch_traffic();
  } else if (broken_ != 0) {
    end({Reason::gateway_reset, net::error_words(broken_)});
  } else if (first_end_) {
    end({Reason::half_close_timeout,
         fmt::format("no traffic for {} after one side had ended (timeouts.half_close)",
                     format_duration(limit))});
  } else {
    end({Reason::idle_timeout, fmt::format("no traffic for {} (timeouts.idle)", format_duration(limit))});
  }
}

// A slow receiver: bytes leave, but too few for on_written. Or a slow sender: more of a record has come than
// ever since the last data. Of a record that turns out to have none, this much more is not held again.
bool Tunnel::moves_slowly() {
  const std::size_t unsent = to_plain_.sink.unsent() + to_tls_.sink.unsent();
  const std::size_t held = held_.size() + session_->held();
  const bool sends_more = held > last_held_;
  last_held_ = std::max(last_held_, held);
  return unsent < std::exchange(last_unsent_, unsent) || sends_more;
}

bool Tunnel::answer_under_way() const {
  return to_plain_.state == Pump::State::shut && to_plain_.sink.unsent() > 0;
}

void Tunnel::end(const End& why) {
  if (!std::exchange(ended_, true)) {
    host_.on_tunnel_ended(why);
  }
}

}  // namespace persona::forward
