// One plain connection to an address: does somebody open, and what does he say before he is spoken to?
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>

#include "persona/base/bytes.hpp"
#include "persona/base/duration.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::doctor {

/// Loop's thread only; destroying it cancels it without a call.
class Knock final : private net::StreamEvents {
 public:
  struct Manner {
    Milliseconds patience{0};   ///< for connecting, and then for an answer to `request`
    Milliseconds listen{0};     ///< how long to wait for words, if nothing is said; 0: not at all
    std::string request{};      ///< what to say; empty: nothing
    std::size_t longest = 512;  ///< of the words that are kept; the connection ends when there are so many
  };

  struct Answer {
    int status = 0;       ///< of connecting: 0, or a libuv error code; UV_ETIMEDOUT: `patience` is over
    std::string words{};  ///< what came
    bool ended = false;   ///< the other side has ended or reset the connection
    Milliseconds connected_in{0};
  };

  /// Called once, never from within start(); it may destroy the knock.
  using Done = std::function<void(const Answer& answer)>;

  /// `owner` counts the handles. Both references must outlive it.
  Knock(net::Loop& loop, net::HandleOwner& owner, Manner manner, Done done);
  Knock(const Knock&) = delete;
  Knock& operator=(const Knock&) = delete;

  void start(const net::SocketAddress& address);
  void start(const std::string& unix_path);

 private:
  void start(net::Stream::Kind kind, std::function<int()> connect);
  void connected(int status);
  void finish();

  ByteSpan on_buffer() override { return input_; }
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int) override {}  // if it failed, so does reading

  net::Loop& loop_;
  net::HandleOwner& owner_;
  const Manner manner_;
  Done done_;
  Answer answer_;
  Milliseconds began_{0};
  std::array<std::uint8_t, 2048> input_{};
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Stream> stream_;
};

}  // namespace persona::doctor
