#include "persona/net/thread.hpp"

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace persona::net {

void yield_to_loops() {
#ifdef __linux__
  // On Linux niceness belongs to the thread (setpriority(2)); a batch thread never preempts another by waking
  // up (sched(7)).
  constexpr int niceness = 10;
  const sched_param none{};
  static_cast<void>(sched_setscheduler(0, SCHED_BATCH, &none));
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness));
#endif
}

}  // namespace persona::net
