// The agent: answers who may ask, on a Unix socket.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "persona/agent/keys.hpp"
#include "persona/agent/rate_limit.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
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

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// For what is asked from now on.
  void use(std::shared_ptr<const Keys> keys) { keys_ = std::move(keys); }

 private:
  class Exchange;

  Server(net::Loop& loop, net::HandlePtr<net::Listener> listener, std::shared_ptr<const Keys> keys,
         std::shared_ptr<log::Logger> logger);
  void accepted(net::Socket socket);
  void over(Exchange& exchange);
  void log_refusal(const std::string& why, log::Fields fields);

  net::Loop& loop_;
  net::HandlePtr<net::Listener> listener_;
  std::shared_ptr<const Keys> keys_;
  std::shared_ptr<log::Logger> logger_;
  RateLimit rate_;
  RateLimit refusals_;  // in the log, of all users together
  std::map<const Exchange*, std::shared_ptr<Exchange>> exchanges_;
  std::map<net::UserId, std::size_t> of_user_;  // how many exchanges each has; without zeros
};

}  // namespace persona::agent
