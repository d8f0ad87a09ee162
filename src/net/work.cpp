#include "persona/net/work.hpp"

#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

HandlePtr<Work> Work::start(Loop& loop, std::function<void()> task, std::function<void()> done,
                            std::string& error) {
  loop.assert_here();
  auto* work = new Work;
  work->request_.data = work;
  work->task_ = std::move(task);
  const auto run = [](uv_work_t* request) { static_cast<Work*>(request->data)->task_(); };
  if (int code = uv_queue_work(loop.uv(), &work->request_, run, &Work::finished); code != 0) {
    error = error_words(code);
    delete work;
    return nullptr;
  }
  work->done_ = std::move(done);
  return HandlePtr<Work>(work);
}

void Work::close() {
  Loop::assert_on_loop(request_.loop);
  if (!pending_) {
    delete this;
    return;
  }
  let_go_ = true;
  done_ = nullptr;
  // Fails if the task is already running. Either way finished() is called later, and sees let_go_.
  static_cast<void>(uv_cancel(reinterpret_cast<uv_req_t*>(&request_)));
}

void Work::finished(uv_work_t* request, int) {
  auto* work = static_cast<Work*>(request->data);
  work->pending_ = false;
  if (work->let_go_) {
    work->close();
    return;
  }
  // Moved out first: the callback may destroy the work.
  const auto done = std::move(work->done_);
  done();
}

}  // namespace persona::net
