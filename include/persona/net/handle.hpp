// Ownership of libuv handles: the owner lets go, libuv's close callback frees the memory.
#pragma once

#include <memory>

namespace persona::net {

/// Told on the loop's thread when the memory of a handle is about to be freed. An owner that counts its
/// handles knows from the last call that no callback can reach it any more.
class HandleOwner {
 public:
  virtual void on_handle_closed() = 0;

 protected:
  ~HandleOwner() = default;
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
