#include "telling.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

Telling::Telling(net::Loop& loop, net::HandleOwner& owner, Scratch& scratch, Client client, Done done)
    : scratch_(scratch),
      client_(std::move(client)),
      done_(std::move(done)),
      timer_(net::Timer::create(loop, &owner)) {}

bool Telling::start(dialect::Regret regret, Milliseconds patience) {
  client_.leg->tell(this);
  Buffer answer;
  client_.facade->regret(std::move(regret), answer);
  if (!client_.session) {
    look(client_.unread.view(), answer);
    client_.unread.release();
  }
  // Whoever was answered (PostgreSQL's SSLRequest, SQL Server's PRELOGIN) comes back at once.
  const Milliseconds granted = answer.empty() ? patience : std::max(patience, linger);
  const bool listens =
      say(answer) && (!client_.session || told_ || client_.unread.empty() || look_in_records());
  if (!listens || client_.leg->start_reading() != 0 || (!told_ && granted.count() == 0)) {
    close();
    return false;
  }
  if (!told_) {
    timer_->start(granted, [this] { finish(); });
  }
  return true;
}

void Telling::look(ByteView plaintext, Buffer& answer) {
  if (!told_ && !plaintext.empty()) {
    Buffer nowhere;
    client_.facade->received(plaintext, nowhere, answer);
  }
}

// False: there is nobody to be told any more.
bool Telling::look_in_records() {
  ByteSpan rest = client_.unread.writable();
  tls::Plaintext& plaintext = scratch_.plaintext();
  Buffer& owed = scratch_.records();
  const tls::Status status = client_.session->open(rest, plaintext, owed);
  if (status != tls::Status::want_input) {
    return false;
  }
  Buffer answer;
  for (const ByteView piece : plaintext.pieces) {
    look(piece, answer);
  }
  client_.unread.consume(client_.unread.size() - rest.size());
  return say(answer);
}

// Sends what the facade has to say; once that is all, FIN follows. False: the client cannot be told.
bool Telling::say(Buffer& answer) {
  if (!answer.empty() && !write(answer.view())) {
    return false;
  }
  switch (client_.facade->telling()) {
    case dialect::Facade::Telling::waiting:
      return true;
    case dialect::Facade::Telling::impossible:
      return false;
    case dialect::Facade::Telling::told:
      break;
  }
  if (!std::exchange(told_, true)) {
    if (client_.session) {
      Buffer& records = scratch_.records();
      client_.session->close_notify(records);
      if (!client_.leg->write(records.view())) {
        return false;
      }
    }
    if (client_.leg->shutdown() != 0) {
      return false;
    }
    timer_->start(linger, [this] { finish(); });
  }
  return true;
}

bool Telling::write(ByteView plaintext) {
  if (!client_.session) {
    return client_.leg->write(plaintext).has_value();
  }
  Buffer& records = scratch_.records();
  return client_.session->seal(plaintext, records) && client_.leg->write(records.view()).has_value();
}

void Telling::on_read(ByteView bytes) {
  if (told_) {
    return;
  }
  bool listens = false;
  if (client_.session) {
    client_.unread.append(bytes);
    listens = look_in_records();
  } else {
    Buffer answer;
    look(bytes, answer);
    listens = say(answer);
  }
  if (!listens) {
    finish();
  }
}

void Telling::on_end(int /*status*/) {
  finish();
}

void Telling::on_written(int status) {
  if (status != 0) {
    finish();
  }
}

void Telling::stop() {
  close();
  done_ = nullptr;
}

// A TLS client must not take an end without the sentence for a clean one.
void Telling::close() {
  timer_.reset();
  if (!client_.leg) {
    return;
  }
  if (!told_ && client_.session) {
    Buffer& records = scratch_.records();
    client_.session->abort(records);
    const auto written = client_.leg->write(records.view());
    client_.reset = records.empty() || !written || !*written;
  }
  if (!told_ && client_.reset) {
    client_.leg->reset_on_close();
  }
  client_.leg.reset();
}

void Telling::finish() {
  close();
  const Done done = std::exchange(done_, nullptr);  // the call may free this object
  if (done) {
    done();
  }
}

}  // namespace persona::forward
