// Signals (on Windows: console events) delivered on a loop.
#pragma once

#include <functional>

#include <uv.h>

#include "persona/base/result.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// Loop's thread only, or before the loop runs.
class SignalWatcher {
 public:
  static Result<HandlePtr<SignalWatcher>> create(Loop& loop, int signal, std::function<void()> raised);

 private:
  friend struct CloseDeleter;
  SignalWatcher() = default;
  ~SignalWatcher() = default;
  void close();

  uv_signal_t handle_{};
  std::function<void()> raised_;
};

}  // namespace persona::net
