// Ownership of libuv handles: destroying the pointer closes the handle, and libuv's close callback frees the
// memory.
#pragma once

#include <cassert>
#include <memory>

namespace persona::net {

/// The owner of handles, which it must outlive. A handle that is made for an owner counts itself when it
/// opens and again when it has closed. After the last one on_handles_closed() is called: no callback can
/// reach the owner any more, so it may free itself there. Loop's thread only.
class HandleOwner {
 public:
  HandleOwner(const HandleOwner&) = delete;
  HandleOwner& operator=(const HandleOwner&) = delete;

  /// Called by a handle, and by an owner that must stay alive until one of its functions returns.
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

/// The one owner of a handle; destroying the pointer closes it. Only on the loop's thread.
template <class Handle>
using HandlePtr = std::unique_ptr<Handle, CloseDeleter>;

}  // namespace persona::net
