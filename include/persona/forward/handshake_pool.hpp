// Runs handshakes off the loops: each costs milliseconds of CPU, and open connections must not wait for them.
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

/// A handshake with the input and output of its next step. Never used by two threads at once: it belongs to a
/// pool thread during a step, and to the loop between steps.
struct HandshakeJob {
  HandshakeJob(std::shared_ptr<const tls::Context> tls_context, tls::Handshake::Target whom)
      : context(std::move(tls_context)), target(std::move(whom)) {}

  /// One step: consumes what it can of `input`, sets `output` and `status`, and at the end `session` or
  /// `failure`.
  void step();

  std::shared_ptr<const tls::Context> context;
  tls::Handshake::Target target;
  Buffer input;
  Buffer output;
  tls::Status status = tls::Status::want_input;
  std::unique_ptr<tls::Session> session;           ///< once established
  std::vector<trust::Oddity> oddities;             ///< once established
  std::optional<tls::Failure> failure;             ///< once failed
  std::optional<tls::CertificateRequest> request;  ///< once it is known, of Handshake::take_request()
  /// Any thread: the connection has ended, so the step can be skipped.
  std::atomic<bool> abandoned = false;

 private:
  std::unique_ptr<tls::Handshake> handshake_;
};

/// A few threads that run tasks: in order within a queue, and taking turns between queues. So however long
/// one queue is, a task of another waits for at most one task of each queue.
class HandshakePool {
 public:
  /// Identifies a queue: the address of an object, one for each party that must not be starved by the others.
  /// It is compared, never dereferenced; a queue exists only while tasks wait in it.
  using Queue = const void*;

  /// If the system grants no threads, run() runs the task itself.
  explicit HandshakePool(unsigned threads);

  /// Waits for running tasks; those still in a queue are dropped.
  ~HandshakePool();
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;

  /// Any thread.
  void run(Queue queue, std::function<void()> task);

  /// Any thread: nothing runs, and nothing waits.
  bool idle() const;

  std::size_t threads() const { return threads_.size(); }

 private:
  void work();
  std::function<void()> take();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<Queue, std::deque<std::function<void()>>> waiting_;  // without empty queues
  std::deque<Queue> turns_;                                               // each key of `waiting_` once
  std::size_t running_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace persona::forward
