#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "persona/host/process.hpp"

namespace persona::host {

namespace {

/// A core dump would hold private keys and session keys. Both fail for what does not exist only.
void keep_memory_private() {
  const rlimit none{0, 0};
  static_cast<void>(setrlimit(RLIMIT_CORE, &none));
#ifdef __linux__
  // The limit does not bind a core_pattern that pipes to a program, this does. It also keeps other processes
  // of the same user from attaching to us, and makes our files in /proc root's.
  const char* wanted = getenv("PERSONA_DUMPABLE");
  if (wanted == nullptr || strcmp(wanted, "1") != 0) {
    static_cast<void>(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  }
#endif
}

}  // namespace

std::vector<std::string> command_line(int argc, char** argv) {
  return {argv, argv + argc};
}

void prepare_process() {
  keep_memory_private();
  // SIGPIPE cannot be refused: signal(2) fails only for a signal that does not exist.
  static_cast<void>(signal(SIGPIPE, SIG_IGN));
  // libuv has a pool of four threads, on which the files of services are loaded: a few on network drives that
  // hang would use them up for everybody.
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
