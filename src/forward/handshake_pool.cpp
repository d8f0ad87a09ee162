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
  const std::lock_guard lock(mutex_);
  // With fewer threads, or none, handshakes are slower but still work.
  for (unsigned i = 0; i < threads && start_thread(quick_); ++i) {
  }
}

HandshakePool::~HandshakePool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  for (Lane* lane : {&quick_, &slow_}) {
    lane->wake.notify_all();
    for (auto& thread : lane->threads) {
      thread.join();
    }
  }
}

// The caller holds the lock. False: the system grants none.
bool HandshakePool::start_thread(Lane& lane) {
  try {
    lane.threads.emplace_back([this, &lane] { work(lane); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void HandshakePool::run(Queue queue, std::function<void()> task, Pace pace) {
  std::unique_lock lock(mutex_);
  Lane* lane = pace == Pace::slow ? &slow_ : &quick_;
  // Those that wait already have been promised a thread.
  if (pace == Pace::slow && lane->running + lane->waiting >= lane->threads.size() &&
      lane->threads.size() < most_slow_threads && !start_thread(*lane) && lane->threads.empty()) {
    lane = &quick_;
  }
  if (lane->threads.empty()) {
    lock.unlock();
    task();
    return;
  }
  Waiting& own = lane->queues[queue];
  if (own.tasks.empty() && own.running < lane->most_of_queue) {
    lane->turns.push_back(queue);
  }
  own.tasks.push_back(std::move(task));
  ++lane->waiting;
  lock.unlock();
  lane->wake.notify_one();
}

bool HandshakePool::idle() const {
  const std::lock_guard lock(mutex_);
  return quick_.running == 0 && quick_.waiting == 0 && slow_.running == 0 && slow_.waiting == 0;
}

std::size_t HandshakePool::threads(Pace pace) const {
  const std::lock_guard lock(mutex_);
  return (pace == Pace::slow ? slow_ : quick_).threads.size();
}

// Takes the first task of the queue whose turn it is; the queue then moves behind the others, unless it has
// all the threads that it may have. The caller holds the lock, and there is a task.
HandshakePool::Task HandshakePool::take(Lane& lane, Queue& queue) {
  queue = lane.turns.front();
  lane.turns.pop_front();
  Waiting& own = lane.queues[queue];
  Task task = std::move(own.tasks.front());
  own.tasks.pop_front();
  --lane.waiting;
  ++lane.running;
  ++own.running;
  if (!own.tasks.empty() && own.running < lane.most_of_queue) {
    lane.turns.push_back(queue);
  }
  return task;
}

// A task of the queue has. The caller holds the lock.
void HandshakePool::ended(Lane& lane, Queue queue) {
  Waiting& own = lane.queues[queue];
  --lane.running;
  const bool had_all = own.running-- == lane.most_of_queue;
  if (had_all && !own.tasks.empty()) {
    lane.turns.push_back(queue);
  }
  if (own.running == 0 && own.tasks.empty()) {
    lane.queues.erase(queue);
  }
}

void HandshakePool::work(Lane& lane) {
  net::yield_to_loops();
  std::unique_lock lock(mutex_);
  for (;;) {
    lane.wake.wait(lock, [&] { return ending_ || !lane.turns.empty(); });
    if (ending_) {
      return;
    }
    Queue queue = nullptr;
    Task task = take(lane, queue);
    lock.unlock();
    task();
    task = nullptr;  // what it holds is destroyed without the lock
    lock.lock();
    ended(lane, queue);
  }
}

}  // namespace persona::forward
