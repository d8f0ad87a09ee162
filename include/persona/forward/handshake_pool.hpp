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
///
/// Tasks that wait for somebody else have threads of their own, more of them, so that they hold up neither
/// the others nor, as long as there are threads, each other.
class HandshakePool {
 public:
  enum class Pace {
    quick,  ///< computes
    slow,   ///< may wait for another process (identity::Identity::is_slow)
  };

  /// Threads for slow tasks, each started when a task would wait for it, and kept.
  static constexpr std::size_t most_slow_threads = 64;
  /// Of them for one queue, so that somebody who does not answer at all leaves some to the others.
  static constexpr std::size_t most_slow_of_queue = 48;

  /// Identifies a queue: the address of an object, one for each party that must not be starved by the others.
  /// It is compared, never dereferenced; a queue exists only while tasks wait in it.
  using Queue = const void*;

  /// If the system grants no threads, run() runs a quick task itself, and slow ones on the quick threads.
  explicit HandshakePool(unsigned threads);

  /// Waits for running tasks; those still in a queue are dropped.
  ~HandshakePool();
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;

  /// Any thread.
  void run(Queue queue, std::function<void()> task, Pace pace = Pace::quick);

  /// Any thread: nothing runs, and nothing waits.
  bool idle() const;

  /// Any thread.
  std::size_t threads(Pace pace = Pace::quick) const;

 private:
  using Task = std::function<void()>;

  struct Waiting {
    std::deque<Task> tasks;
    std::size_t running = 0;
  };

  /// Threads with the tasks that wait for them.
  struct Lane {
    explicit Lane(std::size_t most) : most_of_queue(most) {}

    const std::size_t most_of_queue;  // tasks that run at once
    std::condition_variable wake;
    std::unordered_map<Queue, Waiting> queues;  // of which something waits or runs
    std::deque<Queue> turns;                    // once each, if something of it waits and may run
    std::size_t waiting = 0;
    std::size_t running = 0;
    std::vector<std::thread> threads;
  };

  void work(Lane& lane);
  bool start_thread(Lane& lane);
  static Task take(Lane& lane, Queue& queue);
  static void ended(Lane& lane, Queue queue);

  mutable std::mutex mutex_;
  Lane quick_{static_cast<std::size_t>(-1)};
  Lane slow_{most_slow_of_queue};
  bool ending_ = false;
};

}  // namespace persona::forward
