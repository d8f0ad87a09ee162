// Ownership of libuv handles: the owner lets go, libuv's close callback frees the memory.
#pragma once

#include <cassert>
#include <memory>

namespace persona::net {

/// Who has handles, and outlives them. A handle that is made for an owner counts itself in, and out when its
/// memory is about to be freed; with the last one on_handles_closed() is called, and from then on no callback
/// can reach the owner. It may free itself there. Loop's thread only.
class HandleOwner {
 public:
  HandleOwner(const HandleOwner&) = delete;
  HandleOwner& operator=(const HandleOwner&) = delete;

  /// By what counts as a handle, and by an owner that must stay until the end of a function.
  void handle_opened() { ++open_handles_; }

  /// May free the owner.
  void handle_closed() {
    assert(open_handles_ > 0);
    if (--open_handles_ == 0) {
      on_handles_closed();
    }
  }

 protected:
  HandleOwner() = default;
  ~HandleOwner() { assert(open_handles_ == 0); }

 private:
  virtual void on_handles_closed() = 0;

  unsigned open_handles_ = 0;
};

struct CloseDeleter {
  template <class Handle>
  void operator()(Handle* handle) const {
    handle->close();
  }
};

/// Exactly one owner for a handle; letting go closes it. Only on the loop's thread.
template <class Handle>
using HandlePtr = std::unique_ptr<Handle, CloseDeleter>;

}  // namespace persona::net
