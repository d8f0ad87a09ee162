// The administrator's HTTP endpoint: answers requests from this machine, and changes nothing.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "persona/admin/http.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/stream.hpp"

namespace persona::admin {

/// On one loop, which cannot end before this is destroyed; exchanges under way are cut off then.
class Server {
 public:
  /// At once. With one more the oldest is hung up on, so idle ones keep nobody out. More than a listener
  /// accepts before its loop reads what the first of them have sent.
  static constexpr std::size_t most_exchanges = std::size_t{2} * net::Listener::accepts_per_wake;
  static constexpr Milliseconds patience{5'000};  ///< for a whole exchange

  /// For a GET or HEAD.
  using Answer = std::function<Response(const Request&)>;

  /// Binds and starts to answer.
  static Result<std::unique_ptr<Server>> create(net::Loop& loop, const Endpoint& endpoint, Answer answer);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens: at every address of a name.
  std::vector<Endpoint> local() const;

 private:
  class Exchange;

  Server(net::Loop& loop, std::vector<net::HandlePtr<net::Listener>> listeners, Answer answer);
  void accepted(net::Socket socket, net::Stream::Kind kind);

  net::Loop& loop_;
  std::vector<net::HandlePtr<net::Listener>> listeners_;
  Answer answer_;
  std::list<std::weak_ptr<Exchange>> exchanges_;  // the oldest first
};

}  // namespace persona::admin
