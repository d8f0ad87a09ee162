// A mutex for which one waits a while and no longer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace persona::token {

/// What std::timed_mutex is, which ThreadSanitizer does not see being locked (GCC 12:
/// pthread_mutex_clocklock). For std::unique_lock, with a patience.
class Turn {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [this] { return !taken_; });
    taken_ = true;
  }
  bool try_lock() { return try_lock_for(std::chrono::milliseconds(0)); }
  bool try_lock_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, patience, [this] { return !taken_; })) {
      return false;
    }
    taken_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

}  // namespace persona::token
