#include <mutex>

#include "persona/net/waker.hpp"

namespace persona::net {

struct Waker::Impl {
  uv_async_t async{};
  Woken woken = nullptr;
  void* context = nullptr;
  std::mutex mutex;
  bool is_open = false;  // guarded by mutex: libuv forbids uv_async_send() after uv_close()
};

Waker::Waker() : impl_(std::make_unique<Impl>()) {}
Waker::~Waker() = default;

int Waker::open(uv_loop_t* loop, Woken woken, void* context) {
  impl_->woken = woken;
  impl_->context = context;
  impl_->async.data = impl_.get();
  const int code = uv_async_init(loop, &impl_->async, [](uv_async_t* handle) {
    const auto& self = *static_cast<Impl*>(handle->data);
    self.woken(self.context);
  });
  impl_->is_open = code == 0;
  return code;
}

void Waker::wake() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_open) {
    // Fails only for a handle of another type.
    static_cast<void>(uv_async_send(&impl_->async));
  }
}

void Waker::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_open = false;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->async), nullptr);
}

}  // namespace persona::net
