#include "persona/net/roll_call.hpp"

#include <cstddef>
#include <memory>

namespace persona::net {

void roll_call(Loop& asker, const std::vector<Loop*>& loops, const std::function<void()>& all_here) {
  asker.assert_here();
  const auto missing = std::make_shared<std::size_t>(loops.size());  // used on the asker's thread alone
  for (Loop* loop : loops) {
    loop->post([&asker, missing, all_here] {
      asker.post([missing, all_here] {
        if (--*missing == 0) {
          all_here();
        }
      });
    });
  }
}

}  // namespace persona::net
