#include "persona/net/loop.hpp"

#include <cassert>
#include <utility>

#include "persona/net/error.hpp"
#include "persona/net/thread.hpp"

namespace persona::net {

std::string libuv_version() {
  return uv_version_string();
}

Result<std::unique_ptr<Loop>> Loop::create() {
  std::unique_ptr<Loop> loop(new Loop);
  if (int code = uv_loop_init(&loop->loop_); code != 0) {
    return fail(ErrorKind::network, "cannot create an event loop: {}", error_words(code));
  }
  loop->loop_.data = loop.get();
  const auto woken = [](void* self) { static_cast<Loop*>(self)->run_posted(); };
  if (int code = loop->waker_.open(&loop->loop_, woken, loop.get()); code != 0) {
    static_cast<void>(uv_run(&loop->loop_, UV_RUN_DEFAULT));  // lets a handle that was closed again finish
    const int closed = uv_loop_close(&loop->loop_);
    assert(closed == 0);
    static_cast<void>(closed);
    return fail(ErrorKind::network, "cannot create an event loop: {}", error_words(code));
  }
  loop->watch_polls();
  loop->window_watch_.emplace(&loop->loop_);
  return loop;
}

Loop::~Loop() = default;

// Nothing of it fails (libuv's src/unix/loop-watcher.c), or keeps the loop running.
void Loop::watch_polls() {
  const auto before = [](uv_prepare_t* handle) {
    auto& loop = *static_cast<Loop*>(handle->loop->data);
    loop.use_.waits(loop.clock());
  };
  const auto after = [](uv_check_t* handle) {
    auto& loop = *static_cast<Loop*>(handle->loop->data);
    ++loop.polls_;
    // The callbacks of this turn have run, and uv_now is still of the moment at which the events came.
    loop.use_.waited(loop.clock());
  };
  static_cast<void>(uv_prepare_init(&loop_, &polling_));
  static_cast<void>(uv_prepare_start(&polling_, before));
  uv_unref(reinterpret_cast<uv_handle_t*>(&polling_));
  static_cast<void>(uv_check_init(&loop_, &polled_));
  static_cast<void>(uv_check_start(&polled_, after));
  uv_unref(reinterpret_cast<uv_handle_t*>(&polled_));
}

Milliseconds Loop::clock() const {
  return Milliseconds(static_cast<std::int64_t>(uv_now(&loop_)));
}

void Loop::run() {
  thread_ = std::this_thread::get_id();
  be_prompt();
  // Non-zero only after uv_stop(), which is never called.
  const int left = uv_run(&loop_, UV_RUN_DEFAULT);
  assert(left == 0);
  static_cast<void>(left);
  thread_ = std::thread::id();
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) {
      return;
    }
    posted_.push_back(std::move(task));
  }
  waker_.wake();  // not under the lock: the loop may run before this thread continues
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) {
    task();
  }
}

void Loop::finish() {
  assert_here();
  std::vector<std::function<void()>> dropped;  // declared first: its tasks are destroyed after the unlock
  const std::lock_guard lock(mutex_);
  if (finished_) {
    return;
  }
  finished_ = true;
  dropped.swap(posted_);
  waker_.close();
  uv_close(reinterpret_cast<uv_handle_t*>(&polling_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&polled_), nullptr);
  window_watch_->close();
}

bool Loop::close() {
  return uv_loop_close(&loop_) == 0;
}

}  // namespace persona::net
