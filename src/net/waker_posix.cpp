#include "persona/net/waker.hpp"

#ifdef __linux__
#include <sys/eventfd.h>
#endif
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>

namespace persona::net {

namespace {

int make(int (&descriptors)[2]) {
#ifdef __linux__
  descriptors[0] = descriptors[1] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return descriptors[0] < 0 ? uv_translate_sys_error(errno) : 0;
#else
  return uv_pipe(descriptors, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE);
#endif
}

}  // namespace

int Waker::open(uv_loop_t* loop, Woken woken, void* context) {
  woken_ = woken;
  context_ = context;
  if (int code = make(descriptors_); code != 0) {
    return code;
  }
  int code = uv_poll_init(loop, &poll_, descriptors_[0]);
  if (code != 0) {
    return code;
  }
  poll_.data = this;
  code = uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    auto& self = *static_cast<Waker*>(handle->data);
    // Emptied before the work is looked for: who wakes after that is seen by the next poll. EAGAIN: nothing.
    std::uint64_t drain[16];
    while (::read(self.descriptors_[0], drain, sizeof drain) == static_cast<ssize_t>(sizeof drain)) {
    }
    self.woken_(self.context_);
  });
  if (code != 0) {
    close();
  }
  return code;
}

void Waker::wake() {
  const std::uint64_t one = 1;
  ssize_t written = 0;
  do {
    written = ::write(descriptors_[1], &one, sizeof one);
  } while (written < 0 && errno == EINTR);
  // EAGAIN: it is full of earlier wakes, which does as well.
}

void Waker::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
}

// Not before: who is about to wake a loop that has just ended would write to a number that is somebody
// else's.
Waker::~Waker() {
  if (descriptors_[0] >= 0) {
    ::close(descriptors_[0]);
  }
  if (descriptors_[1] >= 0 && descriptors_[1] != descriptors_[0]) {
    ::close(descriptors_[1]);
  }
}

}  // namespace persona::net
