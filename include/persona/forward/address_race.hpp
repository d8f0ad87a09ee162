// Connects to the addresses of one name: Happy Eyeballs (RFC 8305 sections 4 and 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/tcp_options.hpp"
#include "persona/forward/targets.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// The family whose packets reach it: an IPv4-mapped IPv6 address is IPv4.
Family family_of(const net::SocketAddress& address);

/// The order to try: the families take turns (RFC 8305 section 4), beginning with `first`, or without it with
/// that of the first address. Within a family the order stays.
std::deque<net::SocketAddress> interleaved(const std::vector<net::SocketAddress>& addresses,
                                           std::optional<Family> first);

/// Tries the addresses in their order. The next one is tried when one has failed, or after `attempt_delay`
/// without an answer, while earlier attempts go on. The first that connects wins, and the others are closed.
///
/// Loop's thread only; destroying it cancels all attempts without an event.
class AddressRace {
 public:
  /// RFC 8305 section 8: "Connection Attempt Delay".
  static constexpr Milliseconds attempt_delay{250};

  /// Attempts under way: with many silent addresses a connection must not use up the process's descriptors.
  /// When one more is due, the oldest has failed.
  static constexpr std::size_t at_once = 8;

  class Events {
   public:
    /// Connected. The race does nothing more after this, which may therefore destroy it.
    virtual void on_won(net::HandlePtr<net::Stream> stream, const net::SocketAddress& address) = 0;

    /// `status` is a libuv error code. Must not destroy the race.
    virtual void on_attempt_failed(const net::SocketAddress& address, int status) = 0;

    /// Every address failed. The race does nothing more after this, which may therefore destroy it.
    virtual void on_lost() = 0;

   protected:
    ~Events() = default;
  };

  /// `owner` counts the handles, including those of the streams. All references must outlive the race.
  AddressRace(net::Loop& loop, net::HandleOwner& owner, std::deque<net::SocketAddress> addresses,
              const TcpOptions& tcp, Events& events);
  AddressRace(const AddressRace&) = delete;
  AddressRace& operator=(const AddressRace&) = delete;

  /// Called again after a winner that was of no use, it goes on with the addresses that have not failed;
  /// those that were under way when that one won come last. `time`: what all of them have; if it is short,
  /// attempts follow each other faster, so that each begins within it. 0: no limit. Ending the race when the
  /// time is over is the caller's. Events may follow from within the call.
  void start(Milliseconds time);

  /// No address is left to try.
  bool exhausted() const { return waiting_.empty(); }

  /// The addresses that are tried now, the oldest attempt first.
  std::vector<net::SocketAddress> under_way() const;

 private:
  struct Attempt {
    std::uint64_t number;
    net::SocketAddress address;
    net::HandlePtr<net::Stream> stream;
  };

  void start_next();
  int try_address(const net::SocketAddress& address);
  Milliseconds delay() const;
  void finished(std::uint64_t number, int status);

  net::Loop& loop_;
  net::HandleOwner& owner_;
  TcpOptions tcp_;  // of every attempt
  Events& events_;
  std::deque<net::SocketAddress> waiting_;
  std::vector<Attempt> attempts_;  // under way, the oldest first
  std::uint64_t next_number_ = 0;
  std::optional<Milliseconds> ends_;  // by the loop's clock
  net::HandlePtr<net::Timer> timer_;  // for the next attempt; null while none was needed
};

}  // namespace persona::forward
