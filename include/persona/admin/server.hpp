// The administrator's HTTP endpoint: answers what rules.hpp lets in.
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

class AnswerQueue;

/// On one loop, which cannot end before this is destroyed; exchanges under way are cut off then.
class Server {
 public:
  /// At once. With one more the oldest is hung up on of those that do not wait for their answer, so idle ones
  /// keep nobody out. More than a listener accepts before its loop reads what the first of them have sent.
  static constexpr std::size_t most_exchanges = std::size_t{2} * net::Listener::accepts_per_wake;
  static constexpr Milliseconds patience{5'000};  ///< for a whole exchange; then it is reset

  /// To be called once at most, on the loop, from within or later: also when the exchange is over, or the
  /// server is gone. Without it, `patience` ends the exchange.
  using Reply = std::function<void(const Response&)>;

  /// For a request that is not refused. Those who only read and ask for the same at the same time share one.
  using Answer = std::function<void(const Request&, Reply)>;

  /// Binds and starts to answer. `file`: of a Unix socket.
  static Result<std::unique_ptr<Server>> create(net::Loop& loop, const Endpoint& endpoint,
                                                const net::SocketFile& file, Answer answer);

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
  std::shared_ptr<AnswerQueue> answers_;
  std::list<std::weak_ptr<Exchange>> exchanges_;  // the oldest first
};

}  // namespace persona::admin
