#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <system_error>
#include <unistd.h>

#include "persona/host/process.hpp"

namespace persona::host {

namespace {

#if defined(__linux__) && defined(MCL_ONFAULT)
/// RLIMIT_MEMLOCK does not bind who has it.
bool may_lock_memory() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & 1U << CAP_IPC_LOCK) != 0;
}
#endif

/// Keeps private keys and session keys out of swap, where the system allows it without a limit: with one,
/// later allocations would fail when it is reached. The unit for systemd sets none.
void keep_out_of_swap() {
#if defined(__linux__) && defined(MCL_ONFAULT)
  rlimit limit{};
  const bool unlimited = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  if (unlimited || may_lock_memory()) {
    // If the system refuses all the same, it does not allow it.
    static_cast<void>(mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
  }
#endif
}

/// A core dump would hold private keys and session keys. Both calls fail only for unknown options.
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

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<std::string> environment_names() {
  std::vector<std::string> names;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry(*each);
    names.emplace_back(entry.substr(0, entry.find('=')));
  }
  return names;
}

Result<void> open_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    // open() takes the lowest free number: those below are open by now.
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != stream) {
      return fail(ErrorKind::configuration,
                  "standard stream {} is closed, and /dev/null cannot be opened instead: {}", stream,
                  std::generic_category().message(errno));
    }
  }
  return {};
}

void prepare_process() {
  keep_memory_private();
  keep_out_of_swap();
  // What is sent to us for another reason than to end us must not do that. SIGUSR1 and SIGUSR2 mean
  // something to `persona run`, once it listens. None can be refused: signal(2) fails only for one that does
  // not exist.
  for (const int harmless : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) {
    static_cast<void>(signal(harmless, SIG_IGN));
  }
  // libuv has a pool of four threads, on which the files of services are loaded: a few on network drives that
  // hang would use them up for everybody. Fails only for want of memory.
  static_cast<void>(setenv("UV_THREADPOOL_SIZE", "16", 0));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    // If refused, the limit stays as it is; run compares it with limits.connections.
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  }
}

bool takes_colour(std::FILE* stream) {
  const char* none = getenv("NO_COLOR");
  const char* terminal = getenv("TERM");
  return isatty(fileno(stream)) != 0 && (none == nullptr || *none == '\0') && terminal != nullptr &&
         strcmp(terminal, "dumb") != 0;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return 0;
  }
  return limit.rlim_cur;
}

}  // namespace persona::host
