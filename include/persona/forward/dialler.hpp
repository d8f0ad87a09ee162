// Stage 2: dialling. Turns the configured targets, in order, into one connected stream.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/forward/address_race.hpp"
#include "persona/forward/counters.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// Tries one target after another until one works. Each target's name is resolved afresh and its addresses
/// are checked against gateway.allowed_addresses; those that are allowed race (AddressRace), the family first
/// that was good last time, and all of them have failed before the next target is tried.
///
/// With `gateway.via` it is the proxy that is resolved and dialled for each target, of which only the name is
/// checked: the stream then ends at the proxy, which is still to be asked for the target.
///
/// Loop's thread only; destroying it cancels the dial without an event.
class Dialler final : private AddressRace::Events {
 public:
  /// Unless stated otherwise, the dialler does nothing more after an event, which may therefore destroy it.
  class Events {
   public:
    /// Connected to target(). If the stream turns out to be useless, failed() continues with the next
    /// address.
    virtual void on_connected(net::HandlePtr<net::Stream> stream) = 0;

    /// target() failed, and another address is dialled now. The event must not destroy the dialler.
    virtual void on_next_address(const End& why) = 0;

    /// Every address failed; `why` is for the last one.
    virtual void on_given_up(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  /// Whether results are recorded in the health of the targets. A reload's trial leaves it unchanged.
  enum class Health { told, left };

  /// One target alone, and of the addresses dialled (of the proxy, with `gateway.via`) one that the caller
  /// has looked up. It must be allowed as well.
  struct Only {
    std::size_t target = 0;
    std::optional<net::SocketAddress> address{};  ///< absent: as for a connection
  };

  struct Options {
    Milliseconds timeout{0};  ///< for connecting to a target, including the look-up of its name; 0: none
    Health health = Health::told;
    std::optional<Only> only{};        ///< absent: all targets
    LoopCounters* counters = nullptr;  ///< of this loop; null: nothing is counted (a trial)
  };

  /// `owner` counts the handles, including those of the streams. All arguments must outlive the dialler.
  Dialler(net::Loop& loop, net::Resolver& resolver, net::HandleOwner& owner, const Generation& generation,
          Options options, Events& events);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

  void start();

  /// The stream from on_connected() was good.
  void succeeded();

  /// It was useless, and must have been destroyed already. An event follows from within the call.
  void failed(End why);

  /// It was useless, and no other will do: on_given_up follows from within the call.
  void give_up(End why);

  /// The current target, as configured.
  const Endpoint& endpoint() const;

  /// The address of it that is being dialled, as the log shows it: the latest that was begun with. With
  /// `gateway.via`: "db.example.com:5433 via 192.0.2.1:3128".
  std::string target() const;

 private:
  /// Why an address failed.
  struct Failure {
    std::string address;
    std::string words;
    int status = 0;  // a libuv error code
  };

  /// The current target.
  struct Current {
    std::string address;            // connected, or what failed last
    std::optional<Family> family;   // of the address that is connected
    Failure last;                   // of its addresses
    Failure other;                  // the latest before it for another reason
    bool lacked_resources = false;  // we ran out of descriptors or memory: not the target's fault
  };

  const Proxy* proxy() const;
  const Endpoint& dialled() const;
  void dial();
  void resolve();
  void looked_up(LookupResult result);
  void connect_allowed(const std::vector<net::SocketAddress>& addresses);
  void connect();
  void connected(net::HandlePtr<net::Stream> stream);
  void connect_unix();
  void unix_connected(int status);
  void no_answer();
  void note_failure(int status);
  void note_failure(std::string words, int status);
  End failure(Reason reason) const;
  void not_reached(End why);
  void target_failed(End why);

  void on_won(net::HandlePtr<net::Stream> stream, const net::SocketAddress& address) override;
  void on_attempt_failed(const net::SocketAddress& address, int status) override;
  void on_lost() override;

  Milliseconds now() const { return net::now(loop_); }

  net::Loop& loop_;
  net::Resolver& resolver_;
  net::HandleOwner& owner_;
  const Generation& generation_;
  const Options options_;
  Events& events_;

  std::vector<std::size_t> order_;  // indices of targets
  std::size_t tried_ = 0;
  Current current_;

  Microseconds began_{0};  // to look the target up, or to dial its next address

  net::HandlePtr<net::Timer> timer_;
  Milliseconds deadline_{0};            // for connecting to the target; while connected: the time left
  net::HandlePtr<net::Lookup> lookup_;  // after timer_, which must still be open when it closes
  std::optional<AddressRace> race_;     // once the addresses of the target are known
  net::HandlePtr<net::Stream> unix_;    // connecting to a Unix socket
};

}  // namespace persona::forward
