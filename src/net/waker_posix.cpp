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

struct Waker::Impl {
  // Closed only here, not in close(): a thread that wakes a loop just as it ends must not write to a
  // descriptor number that has been reused.
  ~Impl() {
    if (descriptors[0] >= 0) {
      ::close(descriptors[0]);
    }
    if (descriptors[1] >= 0 && descriptors[1] != descriptors[0]) {
      ::close(descriptors[1]);
    }
  }

  uv_poll_t poll{};
  int descriptors[2] = {-1, -1};  // read, write; an eventfd is both
  Woken woken = nullptr;
  void* context = nullptr;
};

Waker::Waker() : impl_(std::make_unique<Impl>()) {}
Waker::~Waker() = default;

int Waker::open(uv_loop_t* loop, Woken woken, void* context) {
  impl_->woken = woken;
  impl_->context = context;
  if (int code = make(impl_->descriptors); code != 0) {
    return code;
  }
  int code = uv_poll_init(loop, &impl_->poll, impl_->descriptors[0]);
  if (code != 0) {
    return code;
  }
  impl_->poll.data = impl_.get();
  code = uv_poll_start(&impl_->poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
    auto& self = *static_cast<Impl*>(handle->data);
    // Drained before looking for work, so that a later wake() triggers another poll. Ends with a short read
    // or EAGAIN.
    std::uint64_t drain[16];
    while (::read(self.descriptors[0], drain, sizeof drain) == static_cast<ssize_t>(sizeof drain)) {
    }
    self.woken(self.context);
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
    written = ::write(impl_->descriptors[1], &one, sizeof one);
  } while (written < 0 && errno == EINTR);
  // EAGAIN: it is full of earlier wakes, which are just as good.
}

void Waker::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->poll), nullptr);
}

}  // namespace persona::net
