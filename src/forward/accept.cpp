// Stage 1: a socket was accepted. It is counted in or refused, and read one batch ahead while we dial.
#include "persona/forward/accept.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "persona/forward/connection.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

std::atomic<std::uint64_t> last_connection_id = 0;

// How much of the accepted leg is read before the session is open.
constexpr std::size_t read_ahead_limit = std::size_t{64} * 1024;

void refuse(Service& service, Accepted accepted, Reason reason, const std::string& error, Milliseconds now) {
  const std::string client = accepted.client.to_string();
  service.logger().info("connection closed", {{"id", ++last_connection_id},
                                              {"reason", to_string(reason)},
                                              {"client", client},
                                              {"bytes_up", 0},
                                              {"bytes_down", 0},
                                              {"duration_ms", 0},
                                              {"error", error}});
  service.failures().report(error, {{"reason", to_string(reason)}, {"client", client}}, now);
  accepted.socket.reset();
}

}  // namespace

void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted, Milliseconds now) {
  auto generation = service->current();
  if (!generation->admits(accepted.client)) {
    const auto address = accepted.client.ip();
    const std::string error = fmt::format("client address {} is not in access.allow",
                                          address ? address->to_string() : accepted.client.to_string());
    refuse(*service, std::move(accepted), Reason::access_denied, error, now);
    return;
  }
  if (accepted.kind == net::Stream::Kind::unix_socket) {
    if (const auto refusal = generation->users().refusal(accepted.socket)) {
      refuse(*service, std::move(accepted), Reason::access_denied, *refusal, now);
      return;
    }
  }
  const std::size_t limit = generation->config().limits.connections;
  if (!service->enter(limit)) {
    const std::string error = fmt::format("limits.connections of {} reached", limit);
    refuse(*service, std::move(accepted), Reason::limit_reached, error, now);
    return;
  }
  worker.adopt(service, std::move(generation), std::move(accepted));
}

Connection::Connection(Worker& worker, std::shared_ptr<Service> service,
                       std::shared_ptr<const Generation> generation)
    : worker_(worker),
      service_(std::move(service)),
      generation_(std::move(generation)),
      id_(++last_connection_id) {}

Connection::~Connection() {
  service_->leave();
}

void Connection::start(Accepted accepted) {
  started_ = net::precise_now();
  client_ = accepted.client.to_string();
  timer_ = net::Timer::create(worker_.loop(), this);
  ++open_handles_;
  int error = 0;
  auto leg = new_stream(accepted.kind, error);
  if (leg) {
    error = leg->adopt(std::move(accepted.socket));
  }
  (dials_tls() ? plain_ : tls_) = std::move(leg);
  if (error == 0) {
    error = accepted_leg().start_reading();
  }
  if (error != 0) {
    close(Reason::limit_reached, fmt::format("cannot take over the connection: {}", net::error_words(error)));
    return;
  }
  if (dials_tls()) {
    dial();
  } else {
    begin_handshake({});
  }
}

net::HandlePtr<net::Stream> Connection::new_stream(net::Stream::Kind kind, int& error) {
  auto stream = net::Stream::create(worker_.loop(), kind, *this, error);
  if (stream) {
    ++open_handles_;
  }
  return stream;
}

void Connection::read_ahead(ByteView bytes) {
  read_ahead_buffer().append(bytes);
  if (read_ahead_buffer().size() >= read_ahead_limit) {
    pause(accepted_leg());
  }
}

void Connection::accepted_ended_early(int status) {
  if (status != 0) {
    close(dials_tls() ? Reason::local_reset : Reason::gateway_reset, net::error_words(status));
  } else if (read_ahead_buffer().empty()) {
    // It left without a word: whatever we dial is for nobody.
    close(dials_tls() ? Reason::local_closed : Reason::gateway_closed);
  } else {
    ended_early_ = true;  // a half-close: what it sent is still to be delivered
  }
}

ByteSpan Connection::on_buffer(net::Stream& stream) {
  const ByteSpan scratch = worker_.input();
  if (state_ != State::open) {
    return scratch.first(read_ahead_limit);
  }
  if (&stream == plain_.get()) {
    return scratch.first(Worker::batch);
  }
  // The rest of a record is read behind its beginning.
  const ByteView held = tls_held_.view();
  std::copy(held.begin(), held.end(), scratch.begin());
  return scratch.subspan(held.size(), Worker::batch);
}

void Connection::on_read(net::Stream& stream, ByteView bytes) {
  if (closing()) {
    return;
  }
  const bool plain = plain_.get() == &stream;
  if (state_ == State::open) {
    if (plain) {
      plain_received(bytes);
    } else {
      tls_received(worker_.input().first(tls_held_.size() + bytes.size()));
    }
  } else if (state_ == State::handshaking && !plain) {
    handshake_received(bytes);
  } else {
    read_ahead(bytes);
  }
}

void Connection::on_end(net::Stream& stream, int status) {
  if (closing()) {
    return;
  }
  const bool plain = plain_.get() == &stream;
  if (state_ == State::open) {
    if (plain) {
      plain_ended(status);
    } else {
      tls_ended(status);
    }
  } else if (state_ == State::handshaking && !plain) {
    handshake_ended(status);
  } else {
    accepted_ended_early(status);
  }
}

}  // namespace persona::forward
