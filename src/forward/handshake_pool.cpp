#include "persona/forward/handshake_pool.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "persona/net/thread.hpp"

namespace persona::forward {

void HandshakeJob::step() {
  try {
    if (!handshake_) {
      auto created = tls::Handshake::create(context, target);
      if (!created) {
        failure = tls::Failure{tls::Failure::Kind::handshake_failed, created.error().message};
        status = tls::Status::failed;
        return;
      }
      handshake_ = std::move(*created);
    }
    ByteView rest = input.view();
    status = handshake_->advance(rest, output);
    input.consume(input.size() - rest.size());
    session = handshake_->take_session();
    oddities = handshake_->take_oddities();
    failure = handshake_->failure();
    if (auto asked = handshake_->take_request()) {
      request = std::move(asked);
    }
  } catch (const std::bad_alloc&) {
    failure = tls::Failure{tls::Failure::Kind::handshake_failed, "out of memory in the TLS handshake"};
    status = tls::Status::failed;
  }
  if (status != tls::Status::want_input) {
    handshake_.reset();  // on this thread, not on the loop: there is much to free and to wipe
  }
}

HandshakePool::HandshakePool(unsigned threads) {
  try {
    for (unsigned i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  } catch (const std::system_error&) {
    // With fewer threads, or none, handshakes are slower but still work.
  }
}

HandshakePool::~HandshakePool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void HandshakePool::run(Queue queue, std::function<void()> task) {
  if (threads_.empty()) {
    task();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    auto& tasks = waiting_[queue];
    if (tasks.empty()) {
      turns_.push_back(queue);
    }
    tasks.push_back(std::move(task));
  }
  wake_.notify_one();
}

bool HandshakePool::idle() const {
  const std::lock_guard lock(mutex_);
  return running_ == 0 && turns_.empty();
}

// Takes the first task of the queue whose turn it is; the queue then moves behind the others. The caller
// holds the lock, and there is a task.
std::function<void()> HandshakePool::take() {
  const Queue queue = turns_.front();
  turns_.pop_front();
  const auto found = waiting_.find(queue);
  auto task = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    waiting_.erase(found);
  } else {
    turns_.push_back(queue);
  }
  return task;
}

void HandshakePool::work() {
  net::yield_to_loops();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !turns_.empty(); });
    if (ending_) {
      return;
    }
    auto task = take();
    ++running_;
    lock.unlock();
    task();
    task = nullptr;  // what it holds is destroyed without the lock
    lock.lock();
    --running_;
  }
}

}  // namespace persona::forward
