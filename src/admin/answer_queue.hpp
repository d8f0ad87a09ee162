// Who has asked waits here, so that traffic on the same loop has its turns however many ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "persona/admin/server.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::admin {

/// One answer is made in each turn of the loop, and all get it that have asked for the same by then, if they
/// only read. After one that took its time the loop has `rest` times as long for all else: administrators
/// have a fifth of it at most. Loop's thread only.
class AnswerQueue final : public std::enable_shared_from_this<AnswerQueue> {
 public:
  static constexpr int rest = 4;

  /// To be held by a shared_ptr, and closed before the loop ends.
  AnswerQueue(net::Loop& loop, Server::Answer answer);

  /// `reply` is called once at most, from within or in a later turn. What nobody waits for any more, because
  /// the `asker` is gone, is not answered.
  void add(const Request& request, std::weak_ptr<const void> asker, Server::Reply reply);

  void close();

 private:
  struct Asker {
    std::weak_ptr<const void> alive;
    Server::Reply reply;
  };
  struct Waiting {
    Request request;
    std::vector<Asker> askers;
  };

  static bool is_left_alone(const Waiting& waiting);
  void answer_one();
  void wait_for_turn();

  net::Loop& loop_;
  Server::Answer answer_;
  std::list<Waiting> waiting_;  // the oldest first
  net::HandlePtr<net::Timer> timer_;
  bool waits_for_turn_ = false;
  std::chrono::microseconds due_{0};          // by net::stopwatch(): the next answer
  std::optional<std::uint64_t> answered_at_;  // net::Loop::polls() of the last one
};

}  // namespace persona::admin
