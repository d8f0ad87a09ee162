// Between Loggers and a sink: logging never waits for a pipe that nobody reads, a terminal that was stopped
// (Ctrl-S) or a file server that hangs.
//
// Lines wait in memory for the queue's own thread. When that memory is full, new lines are dropped until half
// of it is free again, so that the log has one gap instead of many. What was dropped, and what the sink
// refused (a full disk, a reader that has gone), is counted together, and reported in a line of its own at
// the gap, as soon as one can be written.
//
// spdlog's asynchronous logger was no help: that of Debian 12 (1.10) counts dropped lines for the whole
// process, does not say when they were dropped, and waits for the sink forever when it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "log_destination.hpp"
#include "log_line.hpp"

namespace persona::log {

struct QueueLimits {
  std::size_t bytes = std::size_t{4} << 20;  ///< memory of the waiting lines, overhead included
  // At the end, see ~LogQueue().
  Milliseconds one_line{2000};
  Milliseconds all_lines{5000};
};

class LogQueue final : public Destination {
 public:
  /// `style` is for the queue's own messages. Fails when the system grants no thread.
  static Result<std::shared_ptr<LogQueue>> start(std::shared_ptr<Sink> sink, LineStyle style,
                                                 const QueueLimits& limits = {});

  /// Writes what is left. When one line takes longer than `one_line`, or all of them longer than `all_lines`,
  /// the rest is given up: the thread may be stuck in a system call for good, and is abandoned with the sink.
  ~LogQueue() override;

  /// The time limits of ~LogQueue() start now.
  void expect_end();

  /// Never waits for the sink. May throw std::bad_alloc.
  void put(Level level, std::string line) override;
  void lose() noexcept override;
  void reopen() override;
  bool flush(Milliseconds patience) override;
  std::uint64_t lines_lost() const override;

 private:
  struct State;

  LogQueue(std::shared_ptr<State> state, Reader reader);

  std::shared_ptr<State> state_;  // the thread's as well
  std::thread thread_;
};

}  // namespace persona::log
