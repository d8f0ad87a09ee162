#include "persona/forward/conversing.hpp"

#include <utility>

#include <fmt/format.h>

#include "persona/net/error.hpp"

namespace persona::forward {

Conversing::Conversing(net::Loop& loop, net::HandleOwner& owner, net::Leg& stream, ByteSpan input,
                       std::unique_ptr<dialect::Dialogue> dialogue, Terms terms, Milliseconds timeout,
                       Events& events)
    : stream_(stream),
      input_(input),
      events_(events),
      dialogue_(std::move(dialogue)),
      terms_(std::move(terms)) {
  stream_.tell(this);
  if (timeout.count() > 0) {
    timer_ = net::Timer::create(loop, &owner);
    timer_->start(
        timeout, [this, timeout] { expired(timeout); }, net::Timer::StoodStill::begins_anew);
  }
}

void Conversing::start(ByteView before) {
  if (const int error = stream_.start_reading(); error != 0) {
    on_end(error);
    return;
  }
  Buffer to_server;
  State state = dialogue_->start(to_server);
  if (!before.empty() && state != State::failed) {
    state = dialogue_->received(before, to_server);
  }
  go_on(state, to_server.view());
}

void Conversing::on_read(ByteView bytes) {
  Buffer to_server;
  const State state = dialogue_->received(bytes, to_server);
  go_on(state, to_server.view());
}

void Conversing::go_on(State state, ByteView to_server) {
  if (!to_server.empty()) {
    if (const auto written = stream_.write(to_server); !written) {
      on_end(written.error());
      return;
    }
  }
  switch (state) {
    case State::wants_server:
      return;
    case State::wants_client:
      if (!std::exchange(client_wanted_, true)) {
        events_.on_client_wanted();
      }
      return;
    case State::agreed: {
      stream_.stop_reading();
      timer_.reset();
      Buffer rest;
      rest.append(dialogue_->rest());
      events_.on_agreed(std::move(rest));
      return;
    }
    case State::failed:
      fail({terms_.failed, fmt::format("{} {}", terms_.whom, dialogue_->error())});
      return;
  }
}

void Conversing::expired(Milliseconds timeout) {
  const std::string limit = fmt::format("within {} ({})", terms_.timeout_key, format_duration(timeout));
  fail({terms_.timed_out,
        client_wanted_ ? fmt::format("the client did not answer the greeting of {} {}", terms_.whom, limit)
                       : fmt::format("{} did not {} {}{}", terms_.whom, terms_.did_not, limit, terms_.hint)});
}

void Conversing::on_end(int status) {
  if (status != 0) {
    fail({terms_.reset, fmt::format("{} reset the connection before it {}: {}", terms_.whom, terms_.had,
                                    net::error_words(status))});
    return;
  }
  dialogue_->ended();
  fail({terms_.failed, fmt::format("{} {}", terms_.whom, dialogue_->error())});
}

// Reading says what became of a failed write.
void Conversing::on_written(int /*status*/) {}

void Conversing::fail(End why) {  // NOLINT(performance-unnecessary-value-param): it outlives this object
  timer_.reset();
  events_.on_dialogue_failed(why);
}

}  // namespace persona::forward
