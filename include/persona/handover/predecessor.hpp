// The process that this one replaces.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/inherited_sockets.hpp"

namespace persona::handover {

/// Serves on, as if nothing had happened, if this is destroyed before tell_ready().
class Predecessor {
 public:
  static constexpr Milliseconds patience{20'000};  ///< for all that it has to say

  /// Asks who waits at `place` for its sockets; null: nobody does. Blocks: only before the loop runs.
  /// Failure: a sentence.
  static Result<std::unique_ptr<Predecessor>> ask(const Endpoint& place);

  int pid() const { return pid_; }

  std::vector<net::InheritedSocket> take_sockets() { return std::exchange(sockets_, {}); }

  /// We accept connections: it drains. Failure: it has ended, or has waited too long and serves on.
  Result<void> tell_ready();

 private:
  explicit Predecessor(net::DescriptorLine line) : line_(std::move(line)) {}
  Result<void> receive_sockets();

  net::DescriptorLine line_;
  int pid_ = 0;
  std::vector<net::InheritedSocket> sockets_;
};

}  // namespace persona::handover
