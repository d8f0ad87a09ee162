#include "knock.hpp"

#include <algorithm>
#include <utility>

#include "persona/base/buffer.hpp"

namespace persona::doctor {

Knock::Knock(net::Loop& loop, net::HandleOwner& owner, Manner manner, Done done)
    : loop_(loop),
      owner_(owner),
      manner_(std::move(manner)),
      done_(std::move(done)),
      timer_(net::Timer::create(loop, &owner)) {}

void Knock::start(const net::SocketAddress& address) {
  start(net::Stream::Kind::tcp,
        [this, address] { return stream_->connect(address, [this](int status) { connected(status); }); });
}

void Knock::start(const std::string& unix_path) {
  start(net::Stream::Kind::unix_socket, [this, unix_path] {
    return stream_->connect_unix(unix_path, [this](int status) { connected(status); });
  });
}

// From a timer: `done` must not be called from within.
void Knock::start(net::Stream::Kind kind, std::function<int()> connect) {
  timer_->start(Milliseconds(0), [this, kind, connect = std::move(connect)] {
    began_ = net::precise_now();
    int error = 0;
    stream_ = net::Stream::create(loop_, kind, owner_, error);
    if (error == 0) {
      const auto expired = [this] { connected(UV_ETIMEDOUT); };
      timer_->start(manner_.patience, expired, net::Timer::StoodStill::begins_anew);
      error = connect();
    }
    if (error != 0) {
      connected(error);
    }
  });
}

void Knock::connected(int status) {
  answer_.connected_in = net::precise_now() - began_;
  // Before it is accepted a connection is refused, not reset (RFC 9293 section 3.10.7.3): it was accepted,
  // and has ended before we looked.
  answer_.ended = status == UV_ECONNRESET || status == UV_EPIPE;
  answer_.status = answer_.ended ? 0 : status;
  if (answer_.ended) {
    finish();
    return;
  }
  const bool asks = !manner_.request.empty();
  if (status != 0 || (!asks && manner_.listen.count() == 0)) {
    finish();
    return;
  }
  timer_->start(asks ? manner_.patience : manner_.listen, [this] { finish(); });
  stream_->tell(this);
  if (stream_->start_reading() != 0 || (asks && !stream_->write(as_bytes(manner_.request)))) {
    on_end(UV_ECONNRESET);
  }
}

void Knock::on_read(ByteView bytes) {
  answer_.words += as_text(bytes.first(std::min(bytes.size(), manner_.longest - answer_.words.size())));
  // Who greets has said what there is to say, and who answers ends.
  if (manner_.request.empty() || answer_.words.size() == manner_.longest) {
    finish();
  }
}

void Knock::on_end(int /*status*/) {
  answer_.ended = true;
  finish();
}

void Knock::finish() {
  stream_.reset();
  timer_.reset();
  const Done done = std::exchange(done_, nullptr);  // the call may free this object
  const Answer answer = std::move(answer_);
  done(answer);
}

}  // namespace persona::doctor
