// Between who logs and what is written to: nobody who logs ever waits for a pipe that nobody reads, a
// terminal that was stopped (Ctrl-S) or a file server that hangs.
//
// Lines wait in memory for a thread of the queue's own. When they have filled what they may take, those that
// come are dropped until half of it is free again, so that what is missing is missing in one place. What was
// dropped, and what the sink refused (a full disk, a reader that has gone), is counted in one count, and told
// as a line of its own in the place where it is missing, as soon as one can be written.
//
// spdlog's asynchronous logger was no help: of Debian 12's (1.10) the count of what was dropped is of the
// whole process, when that was is not told, and its end waits for the sink for ever.
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
  std::size_t bytes = std::size_t{4} << 20;  ///< memory of the lines that wait, all included
  // At the end, see ~LogQueue().
  Milliseconds one_line{2000};
  Milliseconds all_lines{5000};
};

class LogQueue final : public Destination {
 public:
  /// `style` is that of what the queue itself has to say. Fails when the system grants no thread.
  static Result<std::shared_ptr<LogQueue>> start(std::shared_ptr<Sink> sink, LineStyle style,
                                                 const QueueLimits& limits = {});

  /// Writes what is left. When one line takes longer than `one_line`, or all of them longer than `all_lines`,
  /// the rest is given up: the thread may be stuck in the system for good, and is left behind with the sink.
  ~LogQueue() override;

  /// The time of ~LogQueue() runs from now on.
  void expect_end();

  /// Never waits for the sink. May throw std::bad_alloc.
  void put(Level level, std::string line) override;
  void lose() noexcept override;
  void reopen() override;
  bool flush(Milliseconds patience) override;
  std::uint64_t lines_lost() const override;

 private:
  struct State;

  LogQueue(std::shared_ptr<State> state, bool is_event_log);

  std::shared_ptr<State> state_;  // the thread's as well
  std::thread thread_;
};

}  // namespace persona::log
