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
  const auto woken = [](uv_async_t* handle) { static_cast<Loop*>(handle->data)->run_posted(); };
  if (int code = uv_async_init(&loop->loop_, &loop->wake_, woken); code != 0) {
    const int closed = uv_loop_close(&loop->loop_);
    assert(closed == 0);
    static_cast<void>(closed);
    return fail(ErrorKind::network, "cannot create an event loop: {}", error_words(code));
  }
  loop->wake_.data = loop.get();
  return loop;
}

Loop::~Loop() = default;

void Loop::run() {
  thread_ = std::this_thread::get_id();
  be_prompt();
  // Non-zero only after uv_stop(), which nobody calls.
  const int left = uv_run(&loop_, UV_RUN_DEFAULT);
  assert(left == 0);
  static_cast<void>(left);
}

void Loop::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (finished_) {
    return;
  }
  posted_.push_back(std::move(task));
  // Under the lock, so that finish() cannot close the handle in between. It fails only for another kind of
  // handle.
  const int code = uv_async_send(&wake_);
  assert(code == 0);
  static_cast<void>(code);
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
  std::vector<std::function<void()>> dropped;
  const std::lock_guard lock(mutex_);
  if (finished_) {
    return;
  }
  finished_ = true;
  dropped.swap(posted_);
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
}

bool Loop::close() {
  return uv_loop_close(&loop_) == 0;
}

}  // namespace persona::net
