// A task off the loop, for work that blocks: reading files, checking keys (uv_queue_work, on libuv's thread
// pool).
#pragma once

#include <functional>
#include <string>

#include <uv.h>

#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// One task. Destroying it cancels the task, or ignores its end if it already runs. Loop's thread only.
class Work {
 public:
  /// `task` runs on another thread and must not throw. Then `done` is called on the loop, never from within
  /// start() and never after the Work is destroyed. `task` must own what it uses: it may outlive the Work,
  /// but not the loop. Null if libuv refuses, with the reason in `error`.
  static HandlePtr<Work> start(Loop& loop, std::function<void()> task, std::function<void()> done,
                               std::string& error);

 private:
  friend struct CloseDeleter;
  Work() = default;
  ~Work() = default;
  void close();
  static void finished(uv_work_t* request, int status);

  uv_work_t request_{};
  std::function<void()> task_;
  std::function<void()> done_;
  bool pending_ = true;
  bool let_go_ = false;
};

}  // namespace persona::net
