// What an accepted leg sends while the other leg is being set up: one batch is read, then reading stops.
#pragma once

#include <functional>
#include <optional>

#include "persona/base/buffer.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// How often a leg that is not being read is checked for a reset: libuv does not watch such a leg.
inline constexpr Milliseconds hangup_interval{1'000};

/// Loop's thread only.
class ReadAhead final : private net::StreamEvents {
 public:
  static constexpr std::size_t limit = std::size_t{64} * 1024;

  /// The leg was reset (a libuv error code), or ended without having sent anything (0): nobody needs the
  /// other leg any more. Nothing more is done after the call, which may therefore destroy this object.
  using Left = std::function<void(int status)>;

  /// What the leg has sent goes through it: it appends to `held` what is to be passed on.
  class Filter {
   public:
    /// False: the read-ahead was destroyed.
    virtual bool filter(ByteView bytes, Buffer& held) = 0;
    virtual void filter_end(Buffer& held) = 0;

   protected:
    ~Filter() = default;
  };

  /// `input`: where reads go, at least `limit` bytes; scratch space, used only within a callback. `before`:
  /// what the leg has already sent. From now on it receives the leg's events.
  ReadAhead(net::Loop& loop, net::HandleOwner& owner, net::Leg& leg, ByteSpan input, Left left,
            Buffer before = {}, Filter* filter = nullptr);

  /// Starts reading. Returns 0 or a libuv error code.
  int start();

  /// Instead of start(), if the leg has already ended: with the status that on_end received.
  void start_ended(int status) { on_end(status); }

  ByteView held() const { return held_.view(); }
  Buffer take() { return std::move(held_); }
  bool ended() const { return ended_; }   ///< with FIN, after what take() returns: a half-close
  int broken() const { return broken_; }  ///< why writing to the leg failed: a libuv error code, or 0

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
  Left left_;       // called at most once
  Filter* filter_;  // null: everything is passed on
  Buffer held_;
  bool ended_ = false;
  int broken_ = 0;
  net::HandlePtr<net::Timer> hangup_timer_;  // set while the leg is paused
};

}  // namespace persona::forward
