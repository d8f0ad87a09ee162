// Stage 3: the TLS handshake. No application byte moves before the peer is verified.
#include <utility>

#include "persona/forward/connection.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

// How much of what follows the handshake is kept while a step is out.
constexpr std::size_t held_limit = std::size_t{64} * 1024;

}  // namespace

void Connection::begin_handshake(const std::string& server_name) {
  state_ = State::handshaking;
  handshake_started_ = net::precise_now();
  handshake_bytes_ = 0;
  tls_broken_.reset();
  tls_end_.reset();
  tls_held_.release();
  handshake_ =
      std::make_shared<HandshakeJob>(generation_->tls(), tls::Handshake::Target{server_name, target_});
  const Milliseconds timeout = generation_->config().timeouts.handshake;
  if (timeout.count() > 0) {
    timer_->start(timeout, [this, timeout] {
      handshake_failed(Reason::handshake_timeout,
                       fmt::format("the {} did not finish the TLS handshake within timeouts.handshake ({})",
                                   tls_peer(), format_duration(timeout)));
    });
  }
  if (dials_tls()) {
    if (int error = tls_->start_reading(); error != 0) {
      handshake_failed(Reason::gateway_reset, net::error_words(error));
      return;
    }
    next_step();  // makes the ClientHello
  }
}

void Connection::handshake_received(ByteView received) {
  handshake_bytes_ += received.size();
  tls_held_.append(received);
  if (!step_out_) {
    next_step();
  } else if (tls_held_.size() >= held_limit) {
    tls_->stop_reading();  // until the step is back
  }
}

// The job is with the pool until step_done(). It counts as one of our handles meanwhile, so whatever ends the
// connection, this is still there when the step comes back.
void Connection::next_step() {
  step_out_ = true;
  ++open_handles_;
  handshake_->input.append(tls_held_.view());
  tls_held_.release();
  worker_.pool().run(service_.get(), [this, job = handshake_, loop = &worker_.loop()] {
    if (!job->abandoned) {
      job->step();
    }
    loop->post([this, job] { step_done(job); });
  });
}

void Connection::step_done(const std::shared_ptr<HandshakeJob>& job) {
  if (job == handshake_) {  // else it was dropped: closing, or another address is being tried
    step_out_ = false;
    take_step(*job);
  }
  on_handle_closed();
}

void Connection::take_step(HandshakeJob& job) {
  send(job.output.view());
  alert_sent_ = job.status == tls::Status::failed && !job.output.empty() && !tls_broken_ && !tls_->writing();
  job.output.clear();
  switch (job.status) {
    case tls::Status::want_input:
      if (!tls_held_.empty()) {
        next_step();
      } else if (tls_end_) {
        handshake_ended(*tls_end_);
      } else if (int error = tls_->start_reading(); error != 0) {
        handshake_ended(error);
      }
      return;
    case tls::Status::established:
      established(job);
      return;
    case tls::Status::closed:
    case tls::Status::failed: {
      const tls::Failure failure = *job.failure;
      verify_reason_ = failure.verify_reason;
      handshake_failed(reason_of(failure), failure.message);
      return;
    }
  }
}

void Connection::established(HandshakeJob& job) {
  timer_->stop();
  handshake_time_ = net::precise_now() - handshake_started_;
  session_ = std::move(job.session);
  // Records that came with the last handshake bytes, and behind them.
  Buffer rest = std::move(job.input);
  rest.append(tls_held_.view());
  tls_held_ = std::move(rest);
  handshake_.reset();
  if (dials_tls()) {
    generation_->targets().succeeded(order_[attempt_]);
    if (const tls::SessionInfo& info = session_->info(); info.peer_not_after) {
      service_->saw_gateway(target(), info.peer, *info.peer_not_after);
    }
    open();
    return;
  }
  if (tls_end_) {
    accepted_ended_early(*tls_end_);
  } else if (tls_held_.size() >= held_limit) {
    pause(*tls_);
  }
  if (!closing()) {
    dial();
  }
}

// A step that is out finds its job dropped, and drops its result.
void Connection::drop_handshake() {
  if (handshake_) {
    handshake_->abandoned = true;
    handshake_.reset();
  }
  step_out_ = false;
}

void Connection::send(ByteView records) {
  if (records.empty() || tls_broken_) {
    return;
  }
  if (auto written = tls_->write(records); !written) {
    tls_write_failed(written.error());
  }
}

void Connection::handshake_ended(int status) {
  if (step_out_) {
    tls_end_ = status;  // what it said before it left may explain it
    return;
  }
  if (status != 0 || tls_broken_) {
    handshake_failed(Reason::gateway_reset,
                     fmt::format("the {} reset the connection during the TLS handshake: {}", tls_peer(),
                                 status != 0 ? net::error_words(status) : *tls_broken_));
  } else if (handshake_bytes_ > 0) {
    handshake_failed(Reason::handshake_failed,
                     fmt::format("the {} closed the connection during the TLS handshake", tls_peer()));
  } else if (dials_tls()) {
    handshake_failed(
        Reason::handshake_failed,
        "the gateway closed the connection without answering the TLS handshake: is it a TLS port?");
  } else {
    close(Reason::gateway_closed);  // a port check: connected and left without a word
  }
}

void Connection::handshake_failed(Reason reason, const std::string& error) {
  if (dials_tls()) {
    drop_handshake();
    tls_held_.release();
    attempt_failed(reason, error);
  } else {
    close(reason, error);
  }
}

}  // namespace persona::forward
