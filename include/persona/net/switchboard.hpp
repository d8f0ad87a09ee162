// Connections to a process that has the other end of a pair of sockets. It has no name by which anybody else
// could reach it, and ends when the end here is closed.
#pragma once

#include <mutex>
#include <utility>

#include "persona/base/result.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// Two ends of a connection, which no program that is started later has. On Windows always a failure.
/// Platform: net/descriptor_line_posix.cpp, net/descriptor_line_windows.cpp.
Result<std::pair<Socket, Socket>> connected_pair();

/// Any thread.
class Switchboard {
 public:
  explicit Switchboard(Socket control) : control_(std::move(control)) {}

  /// A new connection, which the other process gets with a byte on the control socket. Failure: it is gone.
  Result<DescriptorLine> connect() const;

  /// Readable once the other process has ended: it sends nothing.
  const Socket& control() const { return control_; }

 private:
  Socket control_;
  mutable std::mutex mutex_;
};

}  // namespace persona::net
