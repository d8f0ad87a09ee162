// A leg without a socket.
#pragma once

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "persona/base/buffer.hpp"
#include "persona/net/leg.hpp"

namespace persona::forward::test {

/// The kernel takes all that is written, until it is full; the test is the peer.
class MemoryLeg final : public net::Leg {
 public:
  bool full = false;
  bool reading = false;
  bool shut = false;      // FIN, behind what is queued
  int write_error = 0;    // of the next writes
  int pending_error = 0;  // that nobody has been told of
  Buffer sent;            // what the peer has received

  /// What the peer sends. As the kernel, it keeps what is not read.
  void receive(ByteView bytes) {
    incoming_.append(bytes);
    deliver();
  }
  void receive(std::string_view text) { receive(as_bytes(text)); }

  /// FIN behind it, or why reading failed.
  void end(int status = 0) {
    ended_ = true;
    end_ = status;
    deliver();
  }

  /// The peer reads.
  void drain() {
    full = false;
    sent.append(queued_.view());
    queued_.clear();
    if (writing_) {
      writing_ = false;
      events_->on_written(0);
    }
  }

  /// The peer has taken so much of what is queued, too little for a write to end.
  void drain_some(std::size_t count) {
    sent.append(queued_.view().first(count));
    queued_.consume(count);
  }

  /// What is queued never leaves.
  void fail_writing(int status) {
    queued_.clear();
    writing_ = false;
    events_->on_written(status);
  }

  std::string text() {
    std::string taken(as_text(sent.view()));
    sent.clear();
    return taken;
  }

  void tell(net::StreamEvents* events) override { events_ = events; }
  int start_reading() override {
    reading = true;
    return 0;
  }
  void stop_reading() override { reading = false; }
  using Leg::write;
  tl::expected<bool, int> write(std::span<const ByteView> pieces) override {
    if (write_error != 0) {
      return tl::unexpected(write_error);
    }
    CHECK_FALSE(shut);
    for (const ByteView piece : pieces) {
      (full ? queued_ : sent).append(piece);
    }
    writing_ = full;
    return !full;
  }
  bool writing() const override { return writing_; }
  int shutdown() override {
    shut = true;
    return 0;
  }
  std::size_t unsent() const override { return queued_.size(); }
  int take_pending_error() override { return std::exchange(pending_error, 0); }

  /// As the loop does, what has come is told once it is read.
  void deliver() {
    while (reading && !incoming_.empty()) {
      const ByteSpan space = events_->on_buffer();
      const std::size_t count = std::min(space.size(), incoming_.size());
      std::copy_n(incoming_.view().begin(), count, space.begin());
      incoming_.consume(count);
      events_->on_read(space.first(count));
    }
    if (reading && ended_) {
      reading = false;
      ended_ = false;
      events_->on_end(end_);
    }
  }

 private:
  net::StreamEvents* events_ = nullptr;
  Buffer incoming_;
  Buffer queued_;
  bool writing_ = false;
  bool ended_ = false;
  int end_ = 0;
};

}  // namespace persona::forward::test
