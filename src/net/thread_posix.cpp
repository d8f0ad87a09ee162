#include "persona/net/thread.hpp"

#ifdef __linux__
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>

namespace persona::net {

#ifdef __linux__
namespace {

// A system call, because the glibc of Debian 12 has no sched_setattr(2). A policy that an administrator chose
// is left alone.
void set_attributes(unsigned policy, int niceness, unsigned long long slice_ns) {
  if (syscall(SYS_sched_getscheduler, 0) != SCHED_NORMAL) {
    return;
  }
  sched_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.sched_policy = policy;
  attributes.sched_nice = niceness;
  attributes.sched_runtime = slice_ns;
  static_cast<void>(syscall(SYS_sched_setattr, 0, &attributes, 0));
}

}  // namespace
#endif

void be_prompt() {
#ifdef __linux__
  // Since Linux 6.12 a thread that asks for shorter slices preempts one with longer slices when it wakes up
  // (sched(7), EEVDF). Older kernels ignore that; there only the niceness below helps.
  constexpr unsigned long long slice_ns = 500'000;
  set_attributes(SCHED_NORMAL, getpriority(PRIO_PROCESS, 0), slice_ns);
#endif
}

void yield_to_loops() {
#ifdef __linux__
  // On Linux niceness is per thread (setpriority(2)). A batch thread never preempts another when it wakes up
  // (sched(7)).
  constexpr int nicer = 15;
  constexpr int nicest = 19;
  set_attributes(SCHED_BATCH, std::min(getpriority(PRIO_PROCESS, 0) + nicer, nicest), 0);
#endif
}

}  // namespace persona::net
