#include "base/log_queue.hpp"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using persona::Milliseconds;
using persona::Result;
using persona::log::Level;
using persona::log::LineStyle;
using persona::log::LogQueue;
using persona::log::QueueLimits;
using persona::log::Sink;
using Lines = std::vector<std::string>;

namespace {

constexpr Milliseconds longest_wait{60'000};
const std::string dropped_words =
    "log lines before this one are lost: writing them stalled, or was slower than logging lines_lost=";

/// Takes as many lines as it is allowed to, and keeps whoever brings another waiting.
class Gate final : public Sink {
 public:
  ~Gate() override { gone.set_value(); }

  Result<void> write(Level /*level*/, std::string_view line) override {
    std::unique_lock lock(mutex_);
    ++brought_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return allowed_ > 0; });
    --allowed_;
    if (throws_) {
      throw std::bad_alloc();
    }
    if (!refusal_.empty()) {
      return persona::fail(persona::ErrorKind::network, "{}", refusal_);
    }
    lines_.emplace_back(line);
    return {};
  }
  void reopen() noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back("(reopened)");
  }
  std::optional<std::string> take_notice() override {
    const std::lock_guard lock(mutex_);
    return notice_.empty() ? std::nullopt : std::optional(std::exchange(notice_, {}));
  }

  void allow(std::size_t lines) {
    const std::lock_guard lock(mutex_);
    allowed_ = lines;
    changed_.notify_all();
  }
  void open() { allow(1'000'000'000); }
  /// Until the line with this number, from 1 on, has been brought.
  void wait_brought(std::size_t lines) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, longest_wait, [&] { return brought_ >= lines; }));
  }
  void refuse(const std::string& why) {
    const std::lock_guard lock(mutex_);
    refusal_ = why;
  }
  void be_out_of_memory(bool is_out) {
    const std::lock_guard lock(mutex_);
    throws_ = is_out;
  }
  void notice(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    notice_ = sentence;
  }
  Lines lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::promise<void> gone;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t allowed_ = 0;
  std::size_t brought_ = 0;
  std::string refusal_;
  bool throws_ = false;
  std::string notice_;
  Lines lines_;
};

struct Setup {
  explicit Setup(const QueueLimits& limits = {}) {
    queue =
        LogQueue::start(gate, LineStyle{persona::log::Format::text, persona::log::Reader::event_log}, limits)
            .value();
  }

  void put(const std::string& line) const { queue->put(Level::info, line); }
  /// A line that is being written, and does not get on; the queue is empty.
  void put_stuck(const std::string& line) const {
    put(line);
    gate->wait_brought(1);
  }
  Lines flushed() const {
    CHECK(queue->flush(longest_wait));
    return gate->lines();
  }

  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::shared_ptr<LogQueue> queue;
};

/// Of one-letter lines, as many fit as the size of this says.
QueueLimits room_for(std::size_t lines) {
  QueueLimits limits;
  constexpr std::size_t one = sizeof(std::string) + 24 + 15;  // what waits beside it; a short line's memory
  limits.bytes = lines * one;
  return limits;
}

}  // namespace

TEST_CASE("lines that wait are written in the order in which they came, and nobody waits for them") {
  const Setup setup;
  Lines expected;
  for (int i = 0; i < 1000; ++i) {
    expected.push_back(std::to_string(i));
    setup.put(expected.back());  // would hang for ever
  }
  CHECK(!setup.queue->flush(Milliseconds(0)));
  CHECK(setup.gate->lines().empty());
  setup.gate->open();
  CHECK(setup.flushed() == expected);
  CHECK(setup.queue->lines_lost() == 0);
}

TEST_CASE("what finds no room is dropped, counted, and told of in its place") {
  const std::uint64_t of_all = persona::log::all_lines_lost();
  const Setup setup(room_for(10));
  setup.put_stuck("a");
  Lines expected{"a"};
  for (int i = 0; i < 100; ++i) {
    setup.put("b");
  }
  const std::uint64_t lost = setup.queue->lines_lost();
  REQUIRE(lost > 80);
  REQUIRE(lost < 100);
  expected.insert(expected.end(), 100 - lost, "b");
  expected.push_back(dropped_words + std::to_string(lost));
  SUBCASE("although nothing comes behind it") {
    setup.gate->open();
    CHECK(setup.flushed() == expected);
  }
  SUBCASE("and before what comes behind it") {
    // Once half is free.
    setup.gate->allow(7);
    setup.gate->wait_brought(8);
    setup.put("c");
    expected.emplace_back("c");
    setup.gate->open();
    CHECK(setup.flushed() == expected);
  }
  setup.put("d");
  expected.emplace_back("d");
  CHECK(setup.flushed() == expected);  // once
  CHECK(setup.queue->lines_lost() == lost);
  CHECK(persona::log::all_lines_lost() == of_all + lost);
}

TEST_CASE("a reader that is slow loses lines in one place, not here and there") {
  const Setup setup(room_for(10));
  setup.put_stuck("a");
  for (int i = 0; i < 20; ++i) {
    setup.put("b");
  }
  const std::uint64_t before = setup.queue->lines_lost();
  REQUIRE(before > 0);
  setup.gate->allow(1);  // room for one
  setup.gate->wait_brought(2);
  setup.put("c");
  CHECK(setup.queue->lines_lost() == before + 1);
}

TEST_CASE("a line larger than all that may wait is written") {
  const Setup setup(room_for(10));
  const std::string large(10'000, 'x');
  setup.put(large);
  setup.gate->open();
  CHECK(setup.flushed() == Lines{large});
}

TEST_CASE("what the sink refuses and what is dropped is one count") {
  const Setup setup(room_for(10));
  setup.gate->refuse("No space left on device");
  setup.put_stuck("a");
  for (int i = 0; i < 20; ++i) {
    setup.put("b");
  }
  setup.gate->open();
  CHECK(setup.flushed().empty());
  CHECK(setup.queue->lines_lost() == 21);
  setup.put("c");
  CHECK(setup.flushed().empty());
  setup.gate->refuse("");
  setup.put("d");
  setup.put("e");
  CHECK(setup.flushed() ==
        Lines{"log lines before this one are lost: No space left on device lines_lost=22", "d", "e"});
  CHECK(setup.queue->lines_lost() == 22);
}

TEST_CASE("lines that were refused last are told of at the end, when that is possible by then") {
  std::shared_ptr<Gate> gate;
  {
    const Setup setup;
    gate = setup.gate;
    gate->open();
    gate->refuse("No space left on device");
    setup.put("a");
    CHECK(setup.flushed().empty());
    gate->refuse("");
  }
  CHECK(gate->lines() == Lines{"log lines before this one are lost: No space left on device lines_lost=1"});
}

TEST_CASE("a sink that runs out of memory costs the line") {
  const Setup setup;
  setup.gate->open();
  setup.gate->be_out_of_memory(true);
  setup.put("a");
  CHECK(setup.flushed().empty());
  setup.gate->be_out_of_memory(false);
  setup.queue->lose();  // one that could not be made
  setup.put("b");
  CHECK(setup.flushed() == Lines{dropped_words + "2", "b"});
  CHECK(setup.queue->lines_lost() == 2);
}

TEST_CASE("what a sink has to say of itself follows the line that it is about") {
  const Setup setup;
  setup.gate->notice("it is full");
  setup.put("a");
  setup.put("b");
  setup.gate->open();
  CHECK(setup.flushed() == Lines{"a", "it is full", "b"});
  setup.gate->notice("it was opened again");
  setup.queue->reopen();
  CHECK(setup.flushed().back() == "it was opened again");
}

TEST_CASE("a reopen keeps its place between lines, also when there is no room for them") {
  const Setup setup(room_for(10));
  setup.put_stuck("a");
  setup.queue->reopen();
  setup.queue->reopen();
  setup.put("b");
  for (int i = 0; i < 20; ++i) {
    setup.put("c");
  }
  setup.queue->reopen();
  setup.gate->open();
  const Lines lines = setup.flushed();
  REQUIRE(lines.size() > 5);
  CHECK(Lines(lines.begin(), lines.begin() + 4) == Lines{"a", "(reopened)", "b", "c"});
  CHECK(lines[lines.size() - 2] == "(reopened)");
  CHECK(lines.back().starts_with(dropped_words));
}

TEST_CASE("at the end what waits is written") {
  std::shared_ptr<Gate> gate;
  std::future<void> opened;
  {
    const Setup setup;
    gate = setup.gate;
    setup.put_stuck("a");
    setup.put("b");
    opened = std::async(std::launch::async, [&] { gate->open(); });
  }
  CHECK(gate->lines() == Lines{"a", "b"});
}

TEST_CASE("at the end a sink that is stuck is left behind, and touched no more when it gets on") {
  QueueLimits limits;
  SUBCASE("one line takes too long") {
    limits.one_line = Milliseconds(50);
  }
  SUBCASE("all of them do") {
    limits.all_lines = Milliseconds(50);
  }
  std::weak_ptr<Gate> left;
  std::future<void> gone;
  {
    const Setup setup(limits);
    left = setup.gate;
    gone = setup.gate->gone.get_future();
    setup.put_stuck("a");
    setup.put("b");
  }  // would hang for ever
  auto gate = left.lock();
  REQUIRE(gate);
  CHECK(gate->lines().empty());
  gate->allow(1);
  gate.reset();  // the thread lets go of it when it ends, which it does not when "b" is brought
  CHECK(gone.wait_for(longest_wait) == std::future_status::ready);
}

TEST_CASE("of what many threads log, every line is written or counted") {
  std::shared_ptr<Gate> gate;
  std::uint64_t lost = 0;
  constexpr int each = 5000;
  {
    const Setup setup(room_for(50));
    gate = setup.gate;
    gate->open();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&setup, i] {
        for (int line = 0; line < each; ++line) {
          setup.put(std::to_string(i));
          if (line % 500 == 0) {
            static_cast<void>(setup.queue->flush(longest_wait));  // so that lines are lost in several places
          }
        }
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    setup.flushed();
    lost = setup.queue->lines_lost();
  }
  std::uint64_t told = 0;
  std::uint64_t written = 0;
  for (const std::string& line : gate->lines()) {
    if (line.starts_with(dropped_words)) {
      told += std::stoul(line.substr(dropped_words.size()));
    } else {
      ++written;
    }
  }
  CHECK(told == lost);
  CHECK(written + lost == 4 * each);
}
