#include "log_queue.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace persona::log {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* too_slow = "writing them stalled, or was slower than logging";
constexpr const char* no_memory = "out of memory";

std::atomic<std::uint64_t> lost_by_all = 0;

struct Entry {
  enum class Kind { nothing, line, reopen };

  Kind kind = Kind::nothing;
  Level level = Level::info;
  std::string line;
  std::uint64_t lost_before = 0;  // lines, since the entry before this one

  std::size_t bytes() const { return kind == Kind::nothing ? 0 : sizeof(Entry) + line.capacity(); }
  std::uint64_t count() const { return lost_before + (kind == Kind::nothing ? 0 : 1); }
};

}  // namespace

struct LogQueue::State {
  State(std::shared_ptr<Sink> to, LineStyle of, const QueueLimits& within)
      : sink(std::move(to)), style(of), limits(within) {}

  const std::shared_ptr<Sink> sink;
  const LineStyle style;
  const QueueLimits limits;

  std::mutex mutex;
  std::condition_variable work;      // there is some
  std::condition_variable progress;  // some of it is done
  std::deque<Entry> entries;
  std::size_t bytes = 0;  // of the entries, and of the one that is being written
  bool is_full = false;
  std::uint64_t dropped = 0;  // since the last entry
  std::uint64_t made = 0;     // entries and dropped lines: each is done in its turn
  std::uint64_t done = 0;
  std::uint64_t lost = 0;
  std::optional<Clock::time_point> busy_since;
  std::optional<Clock::time_point> end_expected_since;
  bool ending = false;
  bool ended = false;
  bool abandoned = false;

  // The thread's own: lines that are lost but not yet reported in the log, and why the last one was lost.
  std::uint64_t untold = 0;
  std::string why;

  void add(Entry entry);
  void drop();
  void run();
  Entry take();
  std::uint64_t handle(const Entry& entry) noexcept;
  bool tell_of_loss() noexcept;
  bool tell(std::string_view sentence, const Fields& fields = {});
  bool write(Level level, std::string_view line) noexcept;
  Clock::time_point end_of_patience(Clock::time_point since) const;
};

// The lock is held.
void LogQueue::State::add(Entry entry) {
  entry.lost_before = dropped;
  const std::size_t size = entry.bytes();
  entries.push_back(std::move(entry));  // may throw
  dropped = 0;
  bytes += size;
  ++made;
}

// The lock is held.
void LogQueue::State::drop() {
  ++dropped;
  ++made;
  ++lost;
  ++lost_by_all;
}

void LogQueue::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    work.wait(lock, [this] { return ending || done != made; });
    if (done == made) {
      break;
    }
    const Entry entry = take();
    busy_since = Clock::now();
    lock.unlock();
    const std::uint64_t newly_lost = handle(entry);
    lock.lock();
    if (abandoned) {
      return;
    }
    busy_since.reset();
    bytes -= entry.bytes();
    is_full = is_full && bytes > limits.bytes / 2;
    lost += newly_lost;
    lost_by_all += newly_lost;
    done += entry.count();
    progress.notify_all();
  }
  if (untold > 0) {
    busy_since = Clock::now();
    lock.unlock();
    static_cast<void>(tell_of_loss());  // the last chance
    lock.lock();
  }
  ended = true;
  progress.notify_all();
}

// The lock is held.
Entry LogQueue::State::take() {
  Entry entry;
  if (entries.empty()) {
    entry.lost_before = std::exchange(dropped, 0);  // nothing came after them
  } else {
    entry = std::move(entries.front());
    entries.pop_front();
  }
  return entry;
}

/// Returns how many lines were lost.
std::uint64_t LogQueue::State::handle(const Entry& entry) noexcept {
  if (entry.lost_before > 0) {
    untold += entry.lost_before;
    why.clear();
  }
  if (entry.kind == Entry::Kind::reopen) {
    sink->reopen();
  }
  std::uint64_t newly_lost = 0;
  const bool flows = untold == 0 || tell_of_loss();
  if (entry.kind == Entry::Kind::line && !(flows && write(entry.level, entry.line))) {
    ++newly_lost;
  }
  try {
    while (const auto notice = sink->take_notice()) {
      newly_lost += tell(*notice) ? 0 : 1;
    }
  } catch (...) {
    ++newly_lost;  // out of memory
  }
  untold += newly_lost;
  return newly_lost;
}

bool LogQueue::State::tell_of_loss() noexcept {
  try {
    const std::string reason = why.empty() ? too_slow : why;
    if (!tell("log lines before this one are lost: " + reason, {{"lines_lost", untold}})) {
      return false;
    }
  } catch (...) {
    return false;
  }
  untold = 0;
  why.clear();
  return true;
}

/// In the name of the process, whatever the level of the Loggers: none of them knows of it.
bool LogQueue::State::tell(std::string_view sentence, const Fields& fields) {
  return write(Level::warn, render_line(style, Level::warn, "", sentence, fields));
}

bool LogQueue::State::write(Level level, std::string_view line) noexcept {
  try {
    auto result = sink->write(level, line);
    if (!result) {
      why = std::move(result.error().message);
    }
    return result.has_value();
  } catch (...) {
    why = no_memory;  // fits into a string without an allocation
    return false;
  }
}

// The lock is held.
Clock::time_point LogQueue::State::end_of_patience(Clock::time_point since) const {
  const auto all = since + limits.all_lines;
  return busy_since ? std::min(all, std::max(since, *busy_since) + limits.one_line) : all;
}

Result<std::shared_ptr<LogQueue>> LogQueue::start(std::shared_ptr<Sink> sink, LineStyle style,
                                                  const QueueLimits& limits) {
  auto state = std::make_shared<State>(std::move(sink), style, limits);
  std::shared_ptr<LogQueue> queue(new LogQueue(state, style.reader));
  try {
    queue->thread_ = std::thread([state] { state->run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorKind::network, "cannot start the thread that writes the log: {}", error.what());
  }
  return queue;
}

std::uint64_t all_lines_lost() {
  return lost_by_all;
}

LogQueue::LogQueue(std::shared_ptr<State> state, Reader reader)
    : Destination(reader), state_(std::move(state)) {}

LogQueue::~LogQueue() {
  if (!thread_.joinable()) {
    return;
  }
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.ending = true;
  state.work.notify_one();
  const auto since = state.end_expected_since.value_or(Clock::now());
  while (!state.ended) {
    const auto until = state.end_of_patience(since);
    if (Clock::now() >= until) {
      state.abandoned = true;
      thread_.detach();
      return;
    }
    state.progress.wait_until(lock, until);
  }
  lock.unlock();
  thread_.join();
}

void LogQueue::expect_end() {
  const std::lock_guard lock(state_->mutex);
  state_->end_expected_since = Clock::now();
}

void LogQueue::put(Level level, std::string line) {
  Entry entry;
  entry.kind = Entry::Kind::line;
  entry.level = level;
  entry.line = std::move(line);
  {
    const std::lock_guard lock(state_->mutex);
    const std::size_t most = state_->limits.bytes;
    if (state_->is_full || (state_->bytes > 0 && state_->bytes + entry.bytes() > most)) {
      state_->is_full = true;
      state_->drop();
      return;
    }
    state_->add(std::move(entry));
  }
  state_->work.notify_one();
}

void LogQueue::lose() noexcept {
  {
    const std::lock_guard lock(state_->mutex);
    state_->drop();
  }
  state_->work.notify_one();
}

void LogQueue::reopen() {
  {
    const std::lock_guard lock(state_->mutex);
    auto& entries = state_->entries;
    if (!entries.empty() && entries.back().kind == Entry::Kind::reopen) {
      return;  // however often it is asked for, it is done once
    }
    Entry entry;
    entry.kind = Entry::Kind::reopen;
    state_->add(std::move(entry));
  }
  state_->work.notify_one();
}

bool LogQueue::flush(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  std::unique_lock lock(state_->mutex);
  const std::uint64_t so_far = state_->made;
  return state_->progress.wait_until(lock, until, [&] { return state_->done >= so_far; });
}

std::uint64_t LogQueue::lines_lost() const {
  const std::lock_guard lock(state_->mutex);
  return state_->lost;
}

}  // namespace persona::log
