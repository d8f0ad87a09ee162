// Which loops still do what they are asked?
#pragma once

#include <functional>
#include <vector>

#include "persona/net/loop.hpp"

namespace persona::net {

/// Posts a task to each of `loops`, and calls `all_here` on `asker` once every one has run it. Never calls it
/// when one does not: it hangs, or has ended. On the thread of `asker`, which all of them must not outlive.
/// `all_here` is copied to other threads, and may be destroyed on one.
void roll_call(Loop& asker, const std::vector<Loop*>& loops, const std::function<void()>& all_here);

}  // namespace persona::net
