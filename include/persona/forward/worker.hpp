// One event loop with the connections that live on it.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "persona/base/buffer.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/stream.hpp"

namespace persona::forward {

class Connection;
class Service;

/// A freshly accepted socket and where it came from.
struct Accepted {
  net::Socket socket;
  net::SocketAddress client;
  net::Stream::Kind kind = net::Stream::Kind::tcp;
};

/// Loop's thread only, unless said otherwise.
class Worker {
 public:
  /// The most that one read takes and so the most that is in flight per direction.
  static constexpr std::size_t batch = std::size_t{256} * 1024;

  static Result<std::unique_ptr<Worker>> create();
  ~Worker();

  net::Loop& loop() { return *loop_; }

  /// Any thread: makes a connection of it, counted in by Service::enter().
  void adopt(std::shared_ptr<Service> service, Accepted accepted);

  /// Any thread: no new connections; once the last has ended, `drained` is called on this loop's thread.
  void drain(std::function<void()> drained);

  /// Any thread: ends every connection of `service`, or all when null, with reason `shutdown`.
  void cut(std::shared_ptr<const Service> service);

  /// How many cut() has ended. After the loop has.
  std::size_t connections_cut() const { return connections_cut_; }

  /// For Connection: its last handle has closed.
  void release(Connection& connection);

  /// Scratch space for one callback: every connection of the loop reads, seals and opens in it.
  Buffer& input() { return input_; }
  Buffer& plaintext() { return plaintext_; }
  Buffer& records() { return records_; }

 private:
  explicit Worker(std::unique_ptr<net::Loop> loop);
  void open_connection(std::shared_ptr<Service> service, Accepted accepted);
  void check_drained();

  std::unique_ptr<net::Loop> loop_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::function<void()> drained_;
  std::size_t connections_cut_ = 0;
  Buffer input_{batch};
  Buffer plaintext_{batch};
  Buffer records_{batch};
};

}  // namespace persona::forward
