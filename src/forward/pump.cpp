// Stage 4: open. Two half-duplex pumps; a sink that is full stops its source; an end is passed on after all
// that was read before it.
#include <algorithm>
#include <utility>

#include "persona/forward/connection.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

constexpr Milliseconds hangup_interval{1'000};

// How long a plaintext leg may stand still while the last words of a TLS leg that is gone are delivered to
// it.
constexpr Milliseconds broken_limit{5'000};

}  // namespace

void Connection::open() {
  state_ = State::open;
  log_open();
  touch();
  watch_traffic();
  order_ = {};  // an idle connection is small
  addresses_ = {};
  net::Stream& dialled = *dialled_leg();
  if (int error = dialled.start_reading(); error != 0) {
    close(dials_tls() ? Reason::gateway_reset : Reason::local_reset, net::error_words(error));
    return;
  }
  // What came while we were busy: records, and plaintext that a client sent early.
  Buffer held = std::move(tls_held_);
  if (!held.empty()) {
    tls_received(held.writable());
  }
  const Buffer early = std::move(early_);
  if (!closing() && !early.empty()) {
    plain_received(early.view());
  }
  if (closing()) {
    return;
  }
  if (dials_tls() && tls_end_) {
    tls_ended(*tls_end_);
  }
  if (closing()) {
    return;
  }
  if (ended_early_) {
    if (dials_tls()) {
      plain_ended(0);
    } else {
      tls_ended(0);
    }
    return;
  }
  const bool sink_full = dials_tls() ? tls_->writing() || tls_broken_ : plain_->writing();
  if (!sink_full) {
    resume(accepted_leg());
  }
}

void Connection::plain_received(ByteView plaintext) {
  plain_to_tls_.bytes += plaintext.size();
  touch();
  Buffer& records = worker_.records();
  records.clear();
  if (!session_->seal(plaintext, records)) {
    session_failed();
    return;
  }
  send(records.view());
  if (!closing() && (tls_->writing() || tls_broken_)) {
    pause(*plain_);
  }
}

// `received` begins with what was held of an incomplete record.
void Connection::tls_received(ByteSpan received) {
  if (tls_to_plain_.state != Direction::State::flowing) {
    return;  // RFC 8446 section 6.1: data after a closure alert is ignored
  }
  touch();
  tls::Plaintext& plaintext = worker_.plaintext();
  plaintext.clear();
  Buffer& records = worker_.records();
  records.clear();
  const tls::Status status = session_->open(received, plaintext, records);
  if (status == tls::Status::want_input && !received.empty()) {
    tls_held_.clear();
    tls_held_.append(received);
  } else {
    tls_held_.release();
  }
  send(records.view());
  if (closing()) {
    return;
  }
  if (!plaintext.empty()) {
    tls_to_plain_.bytes += plaintext.size();
    if (auto written = plain_->write(plaintext.pieces); !written) {
      plain_write_failed(written.error());
      return;
    }
    if (plain_->writing()) {
      pause(*tls_);
    }
  }
  if (status == tls::Status::failed) {
    session_failed();
  } else if (status == tls::Status::closed) {
    tls_to_plain_.state = Direction::State::eof;
    first_end_ = first_end_.value_or(Reason::gateway_closed);
    resume(*tls_);  // to see a reset
    progress();
  } else {
    send_owed();
  }
}

// An answer that the peer wants. It waits for its turn: a peer that does not read gets one, however often it
// asks.
void Connection::send_owed() {
  if (!session_->answer_owed() || tls_->writing() || tls_broken_) {
    return;
  }
  Buffer& records = worker_.records();
  records.clear();
  if (!session_->answer(records)) {
    session_failed();
    return;
  }
  send(records.view());
}

void Connection::session_failed() {
  const tls::Failure failure = *session_->failure();
  // Sent already, unless it waits behind what the peer does not take.
  alert_sent_ = !worker_.records().empty() && !tls_broken_ && !tls_->writing();
  close(reason_of(failure), failure.message);
}

void Connection::plain_ended(int status) {
  if (status != 0) {
    close(Reason::local_reset, fmt::format("the {}: {}", plain_peer(), net::error_words(status)));
    return;
  }
  plain_to_tls_.state = Direction::State::eof;
  first_end_ = first_end_.value_or(Reason::local_closed);
  progress();
}

void Connection::tls_ended(int status) {
  if (tls_to_plain_.state != Direction::State::flowing) {
    // After close_notify a FIN is the ordinary end, and a reset matters only to what we have not sent yet.
    if ((status != 0 || tls_broken_) && plain_to_tls_.state != Direction::State::shut) {
      tls_gone(status);
    }
  } else if (status != 0 || tls_broken_) {
    // On Windows a reset takes with it the alert that would have said so (ARCHITECTURE.md, "Platforms").
    const bool may_have_refused = dials_tls() && tls_to_plain_.bytes == 0;
    close(
        Reason::gateway_reset,
        fmt::format("the {} reset the connection: {}{}", tls_peer(),
                    status != 0 ? net::error_words(status) : *tls_broken_,
                    may_have_refused ? "; it had sent nothing, so it may have refused our certificate" : ""));
  } else {
    close(Reason::truncated,
          fmt::format("the {} ended the TCP connection without a TLS close_notify: data may be missing",
                      tls_peer()));
  }
}

// Goes on where a sink has nothing left to write: passes an end on, or closes when both directions are done.
void Connection::progress() {
  if (closing()) {
    return;
  }
  if (plain_to_tls_.state == Direction::State::eof && !tls_->writing() && !tls_broken_) {
    worker_.records().clear();
    session_->close_notify(worker_.records());
    plain_to_tls_.state = Direction::State::shut;
    send(worker_.records().view());
    if (closing()) {
      return;
    }
  }
  if (tls_to_plain_.state == Direction::State::eof && !plain_->writing()) {
    // ENOTCONN: the local side is gone already, which reading tells.
    static_cast<void>(plain_->shutdown());
    tls_to_plain_.state = Direction::State::shut;
  }
  if (plain_to_tls_.state == Direction::State::shut && tls_to_plain_.state == Direction::State::shut &&
      !plain_->writing() && !tls_->writing()) {
    close(*first_end_);
    return;
  }
  if (tls_broken_ && tls_to_plain_.state == Direction::State::shut && !plain_->writing()) {
    close(Reason::gateway_reset, fmt::format("the {} reset the connection: {}", tls_peer(), *tls_broken_));
    return;
  }
  watch_traffic();
}

void Connection::on_written(net::Stream& stream, int status) {
  if (closing()) {
    return;
  }
  const bool plain = plain_.get() == &stream;
  if (status != 0) {
    if (plain) {
      plain_write_failed(status);
    } else {
      tls_write_failed(status);
    }
    return;
  }
  if (state_ != State::open) {
    return;
  }
  touch();
  const Direction& direction = plain ? tls_to_plain_ : plain_to_tls_;
  if (direction.state == Direction::State::flowing) {
    resume(plain ? *tls_ : *plain_);
  }
  progress();
  if (!closing() && !plain) {
    send_owed();
  }
}

void Connection::pause(net::Stream& source) {
  source.stop_reading();
  (&source == plain_.get() ? plain_paused_ : tls_paused_) = true;
  if (!hangup_timer_) {
    hangup_timer_ = net::Timer::create(worker_.loop(), this);
    ++open_handles_;
  }
  hangup_timer_->start(hangup_interval, [this] { look_for_hangup(); });
}

// libuv watches only what it reads or writes: a peer that resets while it is paused would never be noticed.
void Connection::look_for_hangup() {
  for (const bool plain : {true, false}) {
    if (plain ? plain_paused_ : tls_paused_) {
      net::Stream& stream = plain ? *plain_ : *tls_;
      const int error = stream.take_pending_error();
      if (error != 0 && (plain || state_ != State::open)) {
        on_end(stream, error);
        return;
      }
      if (error != 0) {
        tls_gone(error);
      }
    }
  }
  if (!closing() && (plain_paused_ || tls_paused_)) {
    hangup_timer_->start(hangup_interval, [this] { look_for_hangup(); });
  }
}

void Connection::resume(net::Stream& source) {
  if (closing()) {
    return;
  }
  (&source == plain_.get() ? plain_paused_ : tls_paused_) = false;
  if (int error = source.start_reading(); error != 0) {
    on_end(source, error);
  }
}

void Connection::plain_write_failed(int status) {
  close(Reason::local_reset, fmt::format("writing to the {}: {}", plain_peer(), net::error_words(status)));
}

// The peer's alert may still wait to be read, and says more than the failed write: reading ends the
// connection.
void Connection::tls_write_failed(int status) {
  if (state_ == State::open) {
    tls_gone(status);
  } else {
    tls_broken_ = net::error_words(status);
  }
}

// Nothing can be sent to the TLS leg any more. What it has sent is still read and delivered, which ends the
// connection.
void Connection::tls_gone(int status) {
  if (!tls_broken_) {
    tls_broken_ = net::error_words(status);
  }
  pause(*plain_);
  progress();
}

// One timer for both: how long nothing may move while open, and while one side has ended.
Milliseconds Connection::quiet_limit() const {
  if (tls_broken_) {
    return broken_limit;
  }
  const auto& timeouts = generation_->config().timeouts;
  return first_end_ && timeouts.half_close.count() > 0 ? timeouts.half_close : timeouts.idle;
}

void Connection::watch_traffic() {
  if (const Milliseconds limit = quiet_limit(); limit.count() > 0) {
    const Milliseconds quiet = net::now(worker_.loop()) - last_traffic_;
    last_unsent_ = plain_->unsent() + tls_->unsent();
    if (!timer_) {
      timer_ = net::Timer::create(worker_.loop(), this);
      ++open_handles_;
    }
    timer_->start(std::max(limit - quiet, Milliseconds(1)), [this] { traffic_timer_expired(); });
  } else {
    timer_.reset();  // an idle connection is small
  }
}

void Connection::traffic_timer_expired() {
  const Milliseconds limit = quiet_limit();
  const std::size_t unsent = plain_->unsent() + tls_->unsent();
  if (unsent < std::exchange(last_unsent_, unsent)) {
    touch();  // a slow receiver: bytes leave, but too few for libuv to tell
  }
  if (net::now(worker_.loop()) - last_traffic_ < limit) {
    watch_traffic();
  } else if (tls_broken_) {
    close(Reason::gateway_reset, *tls_broken_);
  } else if (first_end_) {
    close(Reason::half_close_timeout,
          fmt::format("no traffic for {} after one side had ended (timeouts.half_close)",
                      format_duration(limit)));
  } else {
    close(Reason::idle_timeout, fmt::format("no traffic for {} (timeouts.idle)", format_duration(limit)));
  }
}

}  // namespace persona::forward
