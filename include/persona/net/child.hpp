// A program that is started, and outlives us.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <uv.h>

#include "persona/base/result.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// As C wants them: null behind the last one. `words` must outlive them.
std::vector<char*> pointers_to(std::vector<std::string>& words);

/// It has our environment and standard streams, and a session of its own.
class Child {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  /// `arguments`: the program first, which is looked for in PATH if it has no slash. `ended`: with its exit
  /// code, or the signal that ended it, on the loop; not after this was closed. `variables`: of its
  /// environment, besides ours, which has none of these names.
  static Result<HandlePtr<Child>> start(Loop& loop, std::vector<std::string> arguments,
                                        const Variables& variables,
                                        std::function<void(std::int64_t code, int signal)> ended);

  int pid() const { return handle_.pid; }

 private:
  friend struct CloseDeleter;
  Child() = default;
  ~Child() = default;
  void close();

  uv_process_t handle_{};
  std::function<void(std::int64_t, int)> ended_;
};

}  // namespace persona::net
