// Handshakes away from the loops: they are milliseconds of CPU each, and live connections must not wait for
// them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/tls/handshake.hpp"

namespace persona::forward {

/// A handshake with what goes in and out of its next step. Whoever has it touches it: a connection between
/// steps, a thread of the pool within one.
struct HandshakeJob {
  HandshakeJob(std::shared_ptr<const tls::Context> tls_context, tls::Handshake::Target whom)
      : context(std::move(tls_context)), target(std::move(whom)) {}

  /// One step: uses up what it can of `input`, fills `output`, `status` and at the end `session` or
  /// `failure`.
  void step();

  std::shared_ptr<const tls::Context> context;
  tls::Handshake::Target target;
  Buffer input;
  Buffer output;
  tls::Status status = tls::Status::want_input;
  std::unique_ptr<tls::Session> session;  ///< once established
  std::optional<tls::Failure> failure;    ///< once failed
  /// Any thread: its connection has ended, the step need not be done any more.
  std::atomic<bool> abandoned = false;

 private:
  std::unique_ptr<tls::Handshake> handshake_;
};

/// A few threads that run tasks: those of one queue in the order they came, the queues in turn, so that
/// however many wait in one, a task of another waits for one of each queue only.
class HandshakePool {
 public:
  /// Whose queue: the address of anything that is one for each of those who must not starve each other. It is
  /// compared, never followed; a queue is there while something waits in it.
  using Queue = const void*;

  /// A system that grants no threads gets none: run() then runs the task at once.
  explicit HandshakePool(unsigned threads);

  /// Waits for the tasks under way; those still waiting are dropped.
  ~HandshakePool();
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;

  /// Any thread.
  void run(Queue queue, std::function<void()> task);

  std::size_t threads() const { return threads_.size(); }

 private:
  void work();
  std::function<void()> take();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<Queue, std::deque<std::function<void()>>> waiting_;  // none is empty
  std::deque<Queue> turns_;                                               // each of `waiting_` once
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace persona::forward
