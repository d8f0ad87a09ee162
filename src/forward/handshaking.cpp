#include "persona/forward/handshaking.hpp"

#include <algorithm>
#include <utility>

#include "first_mistakes.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

struct Handshaking::Task {
  Task(std::shared_ptr<const tls::Context> context, tls::Handshake::Target target, Handshaking& whose)
      : job(std::move(context), std::move(target)), handshaking(&whose) {}

  HandshakeJob job;
  Handshaking* handshaking;  // loop's thread only; null: destroyed
};

Handshaking::Handshaking(const Place& place, net::Leg& stream, std::shared_ptr<const tls::Context> context,
                         tls::Handshake::Target target, Milliseconds timeout, Events& events)
    : place_(place),
      stream_(stream),
      events_(events),
      task_(std::make_shared<Task>(std::move(context), std::move(target), *this)),
      started_(net::stopwatch()) {
  place_.loop.assert_here();
  stream_.tell(this);
  if (timeout.count() > 0) {
    timer_ = net::Timer::create(place_.loop, &place_.owner);
    const auto expired = [this, timeout] { fail({Reason::handshake_timeout, took_too_long(timeout)}); };
    timer_->start(timeout, expired, net::Timer::StoodStill::begins_anew);
  }
}

// A step that the pool still runs then finds no receiver, and its result is dropped.
Handshaking::~Handshaking() {
  task_->job.abandoned = true;
  task_->handshaking = nullptr;
}

tls::Role Handshaking::role() const {
  return task_->job.context->options().role;
}

std::string_view Handshaking::peer() const {
  return tls::peer_word(role());
}

ByteView Handshaking::words() const {
  const ByteView bytes = first_bytes_.view();
  return tls::explain_not_tls(role(), bytes.data(), bytes.size()) ? bytes : ByteView();
}

std::string Handshaking::took_too_long(Milliseconds timeout) const {
  const std::string limit = fmt::format("within timeouts.handshake ({})", format_duration(timeout));
  if (!is_silent()) {
    return fmt::format("the {} did not finish the TLS handshake {}", peer(), limit);
  }
  return role() == tls::Role::client
             ? fmt::format("the gateway did not answer the TLS handshake {}: is it a TLS port?", limit)
             : fmt::format(
                   "the client sent nothing {}: without TLS some wait for the server to begin, as those of "
                   "MySQL do",
                   limit);
}

void Handshaking::start(ByteView before) {
  if (int error = stream_.start_reading(); error != 0) {
    fail({Reason::gateway_reset, net::error_words(error)});
    return;
  }
  if (role() == tls::Role::server) {
    if (!before.empty()) {
      on_read(before);
    }
    return;
  }
  // The ClientHello. Where nothing else is going on it is made here, which takes less than a batch of records
  // does and spares two switches between threads. While the pool works it does not have to wait for it: a
  // thread of the pool yields to the loops (net::yield_to_loops), also where it holds a lock of mbedTLS.
  if (before.empty() && task_->job.context->has_quick_share() && place_.pool.idle()) {
    step_out_ = true;
    task_->job.step();
    step_done();  // last: this object may be gone
    return;
  }
  next_step();
  if (!before.empty()) {
    on_read(before);
  }
}

ByteSpan Handshaking::on_buffer() {
  return place_.input.first(read_size);
}

void Handshaking::on_read(ByteView bytes) {
  first_bytes_.append(bytes.first(std::min(bytes.size(), most_words - first_bytes_.size())));
  held_.append(bytes);
  if (!step_out_) {
    next_step();
  } else if (held_.size() >= read_size) {
    stream_.stop_reading();  // until the step returns
  }
}

// The job belongs to the pool until step_done(). The posted callback holds only the task, which knows whether
// this object still exists.
void Handshaking::next_step() {
  step_out_ = true;
  task_->job.input.append(held_.view());
  held_.release();
  const auto& identity = task_->job.context->options().identity;
  const auto pace =
      identity != nullptr && identity->is_slow() ? HandshakePool::Pace::slow : HandshakePool::Pace::quick;
  const auto step = [task = task_, loop = &place_.loop] {
    if (!task->job.abandoned) {
      task->job.step();
    }
    loop->post([task] {
      if (task->handshaking != nullptr) {
        task->handshaking->step_done();
      }
    });
  };
  place_.pool.run(place_.queue, step, pace);
}

void Handshaking::step_done() {
  step_out_ = false;
  HandshakeJob& job = task_->job;
  send(job.output.view());
  alert_sent_ =
      job.status == tls::Status::failed && !job.output.empty() && broken_ == 0 && !stream_.writing();
  job.output.clear();
  if (const auto request = std::exchange(job.request, std::nullopt)) {
    events_.on_certificate_request(*request);
  }
  switch (job.status) {
    case tls::Status::want_input:
      if (!held_.empty()) {
        next_step();
      } else if (ended_) {
        ended(*ended_);
      } else if (int error = stream_.start_reading(); error != 0) {
        ended(error);
      }
      return;
    case tls::Status::established:
      verified();
      return;
    case tls::Status::closed:
    case tls::Status::failed: {
      End why(*job.failure);
      if (role() == tls::Role::server) {
        why.error = mistaken_client(words()).value_or(std::move(why.error));
      }
      fail(std::move(why));
      return;
    }
  }
}

void Handshaking::send(ByteView records) {
  if (records.empty() || broken_ != 0) {
    return;
  }
  if (auto written = stream_.write(records); !written) {
    broken_ = written.error();
  }
}

// Not a failure yet: the peer's alert may still be unread, and it says more than a failed write. The
// handshake ends when reading does.
void Handshaking::on_written(int status) {
  if (broken_ == 0) {
    broken_ = status;
  }
}

void Handshaking::verified() {
  HandshakeJob& job = task_->job;
  Verified verified;
  verified.session = std::move(job.session);
  verified.oddities = std::move(job.oddities);
  verified.took = net::stopwatch() - started_;
  verified.rest = std::move(job.input);
  verified.rest.append(held_.view());
  verified.ended = ended_;
  verified.broken = broken_;
  timer_.reset();
  events_.on_verified(std::move(verified));
}

void Handshaking::on_end(int status) {
  ended_ = status;
  if (!step_out_) {
    ended(status);
  }
}

void Handshaking::ended(int status) {
  if (status != 0 || broken_ != 0) {
    fail({Reason::gateway_reset, fmt::format("the {} reset the connection during the TLS handshake: {}",
                                             peer(), net::error_words(status != 0 ? status : broken_))});
  } else if (!is_silent()) {
    fail({Reason::handshake_failed,
          fmt::format("the {} closed the connection during the TLS handshake", peer())});
  } else if (role() == tls::Role::client) {
    fail({Reason::handshake_failed,
          "the gateway closed the connection without answering the TLS handshake: is it a TLS port?"});
  } else {
    fail(Reason::gateway_closed);  // a port check: it connected and left without sending anything
  }
}

void Handshaking::fail(End end) {  // NOLINT(performance-unnecessary-value-param): it outlives this object
  timer_.reset();
  events_.on_handshake_failed(end);
}

}  // namespace persona::forward
