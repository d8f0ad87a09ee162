// A resolver whose names keep silent until a test lets them answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <doctest/doctest.h>

#include "persona/net/resolver.hpp"

namespace persona::net::test {

/// Threads that are still in a look-up when a test ends keep it.
class Gate : public std::enable_shared_from_this<Gate> {
 public:
  /// `bound` and `idle`: as of Resolver::Options. The gate must be a shared one.
  Resolver::Options options(std::size_t bound = 2, Milliseconds idle = Milliseconds(10'000)) {
    return {[gate = shared_from_this()](const std::string& host) { return gate->resolve(host); }, bound,
            idle};
  }

  /// Lets one look-up of the name answer; it may have to start yet.
  void answer(const std::string& host, Resolver::Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.emplace(host, std::move(answer));
    changed_.notify_all();
  }
  void answer(const std::string& host, const std::string& address) {
    answer(host, std::vector{*SocketAddress::from_numeric(address, 0)});
  }

  /// Lets all go, now and later: they fail.
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  /// How many look-ups of the name have started.
  int started(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return started_[host];
  }

  void wait_started(const std::string& host, int count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return started_[host] >= count; }));
  }

  /// Called on the thread of a look-up when it starts; set before there is one.
  std::function<void(const std::string& host)> on_start = [](const std::string&) {};

 private:
  Resolver::Answer resolve(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++started_[host];
    changed_.notify_all();
    lock.unlock();
    on_start(host);
    lock.lock();
    changed_.wait(lock, [&] { return open_ || answers_.contains(host); });
    const auto found = answers_.find(host);
    if (found == answers_.end()) {
      return fail(ErrorKind::network, "the test is over");
    }
    Resolver::Answer answer = std::move(found->second);
    answers_.erase(found);
    return answer;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> started_;
  std::multimap<std::string, Resolver::Answer> answers_;
  bool open_ = false;
};

}  // namespace persona::net::test
