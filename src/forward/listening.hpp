// The sockets by which a service listens, and how they change while it runs.
#pragma once

#include <functional>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/listen_plan.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/loop.hpp"

namespace persona::forward {

struct Listening {
  net::HandlePtr<net::Listener> listener;
  config::Listen as;  ///< the entry of `listen` that it is for
};

/// On the main loop, or before that runs.
class ListeningSet {
 public:
  using Start = std::function<void(Listening&)>;

  /// Listens where `plan` says. First everything new is bound; when that fails, nothing has changed. What is
  /// there already is kept, whoever waits for it with it, and so is what `released` has (sockets of a service
  /// that has just gone), which is then taken from there. A Unix socket whose mode or group has changed is
  /// another one, which is put in the place of the old one. What is no longer wanted is closed after all that
  /// wait there have been accepted. `start`: for each that is new here, or is to be started anew.
  Result<ListenChange> change(net::Loop& loop, const ListenPlan& plan, std::vector<Listening>& released,
                              const Start& start);

  /// Accepts all that wait, and gives the sockets away, which listen on.
  std::vector<Listening> release();

  void start_all(const Start& start);
  void close() { all_.clear(); }

  /// Whether one of these takes the place of `address`, which may be one of all that this machine has.
  bool occupies(const Endpoint& address) const;

 private:
  std::vector<Listening> all_;
};

}  // namespace persona::forward
