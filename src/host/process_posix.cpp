#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "persona/host/process.hpp"

namespace persona::host {

void prepare_process() {
  // SIGPIPE cannot be refused: signal(2) fails only for a signal that does not exist.
  static_cast<void>(signal(SIGPIPE, SIG_IGN));
  // libuv resolves names on a pool of four threads, which a few names that hang would use up for everybody.
  // It fails for want of memory only.
  static_cast<void>(setenv("UV_THREADPOOL_SIZE", "16", 0));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    // Refused: the limit stays as it is, which run compares with limits.connections.
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  }
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return 0;
  }
  return limit.rlim_cur;
}

}  // namespace persona::host
