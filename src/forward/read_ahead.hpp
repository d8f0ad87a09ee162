// What an accepted leg sends while the other one is being reached: one batch, then it is not read further.
#pragma once

#include <functional>
#include <optional>

#include "persona/base/buffer.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// How often a leg that is not read is asked whether it was reset: libuv watches only what it reads or
/// writes.
inline constexpr Milliseconds hangup_interval{1'000};

/// Loop's thread only.
class ReadAhead final : private net::StreamEvents {
 public:
  static constexpr std::size_t limit = std::size_t{64} * 1024;

  /// The leg was reset (a libuv error code), or has left without a word (0): whatever is being reached is for
  /// nobody. Called last in whatever called it, so that the object may be let go of.
  using Left = std::function<void(int status)>;

  /// `input`: where reads go, with room for `limit`; scratch space, used within a callback only. `before`:
  /// what the leg has sent already. It is told what happens to the leg from now on.
  ReadAhead(net::Loop& loop, net::HandleOwner& owner, net::Leg& leg, ByteSpan input, Left left,
            Buffer before = {});

  /// 0 or a libuv error code.
  int start();

  /// Instead of start(): the leg has ended already, as on_end was told.
  void start_ended(int status) { on_end(status); }

  Buffer take() { return std::move(held_); }
  bool ended() const { return ended_; }   ///< by FIN, behind what take() has: a half-close
  int broken() const { return broken_; }  ///< why writing to the leg failed: a libuv error code

 private:
  void pause();
  void leave(int status);
  void look_for_hangup();

  ByteSpan on_buffer() override { return input_.first(limit); }
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int status) override;

  net::Loop& loop_;
  net::HandleOwner& owner_;
  net::Leg& leg_;
  ByteSpan input_;
  Left left_;  // called once
  Buffer held_;
  bool ended_ = false;
  int broken_ = 0;
  net::HandlePtr<net::Timer> hangup_timer_;  // while the leg is paused
};

}  // namespace persona::forward
