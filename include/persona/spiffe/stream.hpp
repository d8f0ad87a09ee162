// An agent that pushes SVIDs, seen through a program beside this one: persona-spiffe, which speaks gRPC.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/socket.hpp"
#include "persona/spiffe/messages.hpp"

namespace persona::spiffe {

/// False on Windows, where no persona-spiffe is built. Platform: start_posix.cpp, start_windows.cpp.
bool agents_are_supported();

/// Where the program is: a place that is as far from this one's as at its installation.
std::filesystem::path client_program();

/// Starts the program. It ends when the socket does, and no signal that is for a whole group or service ends
/// it before. `confined`: it gives up what it does not need. There must be no other thread, and nothing
/// secret in memory.
Result<net::Socket> start_client(const Endpoint& agent, bool confined);

/// What one agent has given. latest() is for any thread, the others for one at a time.
class Stream {
 public:
  Stream(Endpoint agent, net::Socket client) : agent_(std::move(agent)), client_(std::move(client)) {}

  /// See start_client().
  static Result<std::shared_ptr<Stream>> start(const Endpoint& agent, bool confined);

  struct Latest {
    std::shared_ptr<const Update> update{};  ///< null: none yet
    std::uint64_t number = 0;                ///< of updates so far
    std::string trouble{};                   ///< since then; empty: none
  };
  Latest latest() const;

  struct News {
    bool updated = false;
    std::string trouble{};  ///< a sentence that has not been told yet
    bool ended = false;     ///< the program has, or says what nobody understands: there will be nothing more
  };
  /// What has come; does not block. To be called when the socket is readable.
  News receive();

  /// Until there is an update, and no longer than that. False: there is none.
  bool wait(Milliseconds patience);

  const Endpoint& agent() const { return agent_; }
  const net::Socket& socket() const { return client_; }

 private:
  void take(Message message, News& news);
  void take_trouble(std::string sentence, News& news);

  Endpoint agent_;
  net::Socket client_;
  FrameReader reader_;
  bool ended_ = false;
  mutable std::mutex mutex_;
  Latest latest_;
};

}  // namespace persona::spiffe
