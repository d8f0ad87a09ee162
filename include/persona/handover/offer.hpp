// This process's sockets, for the one that replaces it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::handover {

/// On one loop: what is offered is all that listens on it, the socket at `place` included, so that at no
/// moment nobody waits there. Whoever asks is this user or root, and there is one at a time.
class Offer {
 public:
  static constexpr Milliseconds patience{60'000};  ///< from asking until it is ready

  struct Events {
    /// The process listens on what it was given: to drain is all that is left to do. May destroy the Offer.
    std::function<void(int pid)> taken;
    /// Nobody has taken over, in a sentence; everything goes on.
    std::function<void(const std::string&)> failed;
  };

  /// Binds, and answers nobody before start().
  static Result<std::unique_ptr<Offer>> create(net::Loop& loop, const Endpoint& place);

  ~Offer();
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;

  void start(Events events);

  /// Somebody has our sockets, and we wait for the word that it listens: to listen elsewhere now could be in
  /// its way.
  bool is_pending() const { return successor_ && successor_->pid != 0; }

 private:
  struct Successor {
    net::DescriptorLine line;
    int pid = 0;  // 0: it has not asked yet
    net::HandlePtr<net::ReadWatch> watch{};
  };

  Offer(net::Loop& loop, net::HandlePtr<net::Listener> listener)
      : loop_(loop), listener_(std::move(listener)) {}
  void accepted(net::Socket socket);
  void receive();
  Result<void> pass_sockets();
  void leave_files(bool left);
  void give_up(const std::string& why);

  net::Loop& loop_;
  net::HandlePtr<net::Listener> listener_;
  Events events_;
  std::unique_ptr<Successor> successor_;
  net::HandlePtr<net::Timer> timer_;
};

}  // namespace persona::handover
