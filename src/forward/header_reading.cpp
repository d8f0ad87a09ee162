#include "persona/forward/header_reading.hpp"

#include <utility>

#include <fmt/format.h>

#include "persona/net/error.hpp"

namespace persona::forward {

HeaderReading::HeaderReading(net::Loop& loop, net::HandleOwner& owner, net::Leg& stream, ByteSpan input,
                             const net::SocketAddress& sender, Milliseconds timeout, Reason gone,
                             Events& events)
    : stream_(stream), input_(input), sender_(sender), gone_(gone), events_(events) {
  stream_.tell(this);
  if (timeout.count() > 0) {
    timer_ = net::Timer::create(loop, &owner);
    const auto expired = [this, timeout] {
      fail({Reason::handshake_timeout,
            fmt::format("{} sent no whole PROXY header within timeouts.handshake ({})", sender_.to_string(),
                        format_duration(timeout))});
    };
    timer_->start(timeout, expired, net::Timer::StoodStill::begins_anew);
  }
}

void HeaderReading::start() {
  if (const int error = stream_.start_reading(); error != 0) {
    on_end(error);
  }
}

void HeaderReading::on_read(ByteView bytes) {
  silent_ = false;
  switch (reader_.received(bytes)) {
    case dialect::ProxyHeaderReader::State::wants_more:
      return;
    case dialect::ProxyHeaderReader::State::complete: {
      stream_.stop_reading();
      timer_.reset();
      const auto client = reader_.source();
      events_.on_header(client);
      return;
    }
    case dialect::ProxyHeaderReader::State::failed:
      fail({Reason::protocol_error, fmt::format("{} {}", sender_.to_string(), reader_.error())});
      return;
  }
}

void HeaderReading::on_end(int status) {
  if (silent_) {
    fail({gone_, status == 0 ? "" : net::error_words(status)});
  } else {
    fail({Reason::protocol_error,
          fmt::format("{} left in the middle of its PROXY header", sender_.to_string())});
  }
}

void HeaderReading::fail(End why) {  // NOLINT(performance-unnecessary-value-param): it outlives this object
  timer_.reset();
  events_.on_header_failed(why);
}

}  // namespace persona::forward
