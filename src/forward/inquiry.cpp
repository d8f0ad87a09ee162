#include "inquiry.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

Inquiry::Inquiry(net::Loop& loop, net::HandleOwner& owner, ByteSpan input, Done done)
    : loop_(loop),
      owner_(owner),
      input_(input),
      done_(std::move(done)),
      question_(dialect::Upgrade::create(Protocol::postgresql)),
      timer_(net::Timer::create(loop, &owner)) {}

void Inquiry::start(const net::SocketAddress& address, const TcpOptions& tcp,
                    Milliseconds handshake_timeout) {
  loop_.assert_here();
  const Milliseconds limit = handshake_timeout.count() > 0 ? std::min(handshake_timeout, patience) : patience;
  timer_->start(
      limit, [this] { finish(Answer::nothing); }, net::Timer::StoodStill::begins_anew);
  int error = 0;
  stream_ = net::Stream::create(loop_, net::Stream::Kind::tcp, owner_, error);
  if (error == 0) {
    error = stream_->connect(
        address, [this](int status) { connected(status); }, tcp);
  }
  if (error != 0) {
    finish(Answer::nothing);
  }
}

void Inquiry::connected(int status) {
  if (status == 0) {
    stream_->tell(this);
    status = stream_->start_reading();
  }
  Buffer request;
  question_->start(request);
  if (status != 0 || !stream_->write(request.view())) {
    finish(Answer::nothing);
  }
}

// One byte and nothing behind it: a banner may begin with these letters too.
void Inquiry::on_read(ByteView bytes) {
  Buffer nothing;
  if (question_->received(bytes, nothing) == dialect::Upgrade::State::agreed) {
    finish(Answer::postgresql);
  } else {
    finish(as_text(bytes) == "N" ? Answer::postgresql_bare : Answer::nothing);
  }
}

void Inquiry::finish(Answer answer) {
  timer_.reset();
  stream_.reset();
  const Done done = std::exchange(done_, nullptr);  // the call may free this object
  done(answer);
}

}  // namespace persona::forward
