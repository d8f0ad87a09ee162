// The agent: answers who may ask, on a Unix socket.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "persona/agent/keys.hpp"
#include "persona/agent/rate_limit.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/loop.hpp"

namespace persona::agent {

/// On one loop, which cannot end before this is destroyed; exchanges under way are cut off then. Signatures
/// are made on libuv's threads.
class Server {
 public:
  static constexpr std::size_t most_exchanges = 512;  ///< at once; more are refused in a sentence
  static constexpr std::size_t most_of_a_user = 256;  ///< so that none has them all
  static constexpr unsigned refusals_logged = 20;     ///< in a second: who may not ask must not fill a disk
  static constexpr Milliseconds patience{5'000};      ///< for a whole exchange

  /// Binds and answers. `file`: who may open the socket; who is answered is for `keys` to say.
  static Result<std::unique_ptr<Server>> create(net::Loop& loop, const Endpoint& place,
                                                const net::SocketFile& file, std::shared_ptr<const Keys> keys,
                                                std::shared_ptr<log::Logger> logger);

  /// What whoever holds keys for a process beside it does when it is asked for one that is not there, and
  /// when that process ends.
  struct Beside {
    std::function<std::shared_ptr<const Keys>()> look_again;  ///< blocks; not on the loop
    std::function<void()> looked;                             ///< its keys are in use; on the loop
    std::function<void()> gone;                               ///< on the loop; may destroy the server
  };

  /// For the process at the other end of `control` alone (net::Switchboard).
  static Result<std::unique_ptr<Server>> beside(net::Loop& loop, net::Socket control,
                                                std::shared_ptr<const Keys> keys,
                                                std::shared_ptr<log::Logger> logger, Beside events);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// For what is asked from now on.
  void use(std::shared_ptr<const Keys> keys) { keys_ = std::move(keys); }

 private:
  class Exchange;

  Server(net::Loop& loop, std::shared_ptr<const Keys> keys, std::shared_ptr<log::Logger> logger);
  void take_connections();
  void accepted(net::Socket socket);
  void over(Exchange& exchange);
  void log_refusal(const std::string& why, log::Fields fields);

  net::Loop& loop_;
  net::HandlePtr<net::Listener> listener_;  // null: connections come by control_
  net::Socket control_;
  net::HandlePtr<net::ReadWatch> watch_;
  Beside beside_;
  std::shared_ptr<const Keys> keys_;
  std::shared_ptr<log::Logger> logger_;
  RateLimit rate_;
  RateLimit refusals_;  // in the log, of all users together
  std::map<const Exchange*, std::shared_ptr<Exchange>> exchanges_;
  std::map<net::UserId, std::size_t> of_user_;  // how many exchanges each has; without zeros
};

}  // namespace persona::agent
