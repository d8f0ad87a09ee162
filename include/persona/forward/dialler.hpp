// Stage 2: dial. From the configured targets in their order to one connected stream.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// Tries every address until one is of use: each target's name is resolved anew and held to
/// gateway.allowed_addresses, and all its addresses are tried before the next target. The time for connecting
/// to a target is shared by its addresses that are left, so that one black hole does not use it all up.
///
/// Loop's thread only; letting go of it ends the dial, unheard.
class Dialler {
 public:
  /// Called last in whatever called it, so that the dialler may be let go of, where not said otherwise.
  class Events {
   public:
    /// To target(). When it turns out to be of no use, failed() goes on with the next address.
    virtual void on_connected(net::HandlePtr<net::Stream> stream) = 0;

    /// target() was of no use, and another address is dialled now. The dialler must stay.
    virtual void on_next_address(const End& why) = 0;

    /// No address was of use; why the last one was not.
    virtual void on_given_up(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  /// Whether the health of targets is told what happens. A trial leaves it as it is.
  enum class Health { told, left };

  struct Options {
    Milliseconds timeout{0};  ///< for connecting to a target, its name's look-up included; 0: none
    Health health = Health::told;
  };

  /// `owner` counts the handles, those of the streams included. All outlive the dialler.
  Dialler(net::Loop& loop, net::Resolver& resolver, net::HandleOwner& owner, const Generation& generation,
          Options options, Events& events);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

  void start();

  /// What on_connected() handed out was of use.
  void succeeded();

  /// It was not, and must have been let go. An event follows from within the call.
  void failed(End why);

  /// The target that is dialled, as it is configured.
  const Endpoint& endpoint() const;

  /// The address of it that is dialled, as the log has it.
  const std::string& target() const { return current_.address; }

 private:
  /// The target that is dialled.
  struct Current {
    std::vector<net::SocketAddress> addresses;
    std::size_t next = 0;           // of them
    std::string address;            // that is dialled, or was last
    std::string error;              // why the last could not be connected to
    bool lacked_resources = false;  // that was for want of ours, which says nothing about the target
  };

  void dial();
  void resolve();
  void connect_allowed();
  void connect_unix();
  void connect_next();
  void limit_connect(std::size_t addresses_left);
  void connected(int status);
  void connect_failed(int status);
  void note_error(int status);
  void note_error(const std::string& why);
  void target_failed(End why);
  Milliseconds now() const { return net::now(loop_); }

  net::Loop& loop_;
  net::Resolver& resolver_;
  net::HandleOwner& owner_;
  const Generation& generation_;
  const Options options_;
  Events& events_;

  std::vector<std::size_t> order_;  // of targets
  std::size_t tried_ = 0;
  Current current_;

  net::HandlePtr<net::Timer> timer_;
  Milliseconds deadline_{0};  // for connecting to the target; while connected: the time that is left for it
  net::HandlePtr<net::Lookup> lookup_;  // behind the timer: its end is counted from within
  net::HandlePtr<net::Stream> stream_;  // being connected
};

}  // namespace persona::forward
