// The system calls that a confined process has: an allow-list, by libseccomp.
#include "layers_posix.hpp"

#ifdef PERSONA_SECCOMP
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#endif

namespace persona::host {

#if defined(PERSONA_SECCOMP) && !defined(PERSONA_SANITIZED)

namespace {

// docs/security.md has the same list, with what each is for.
constexpr std::array allowed{
    // descriptors
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev", "pwritev2",
    "lseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "fstat", "fsync", "fdatasync",
    "ftruncate", "pipe2",
    // names of files; Landlock says which
    "open", "openat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getcwd", "getdents", "getdents64", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "mkdir", "mkdirat", "chmod", "fchmod", "fchmodat", "fchown", "fchownat", "umask", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select",
    "pselect6", "eventfd2", "futex", "futex_waitv", "nanosleep", "clock_nanosleep", "restart_syscall",
    // sockets; socket(2) is below
    "socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown", "getsockname", "getpeername",
    "setsockopt", "getsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    // memory; mmap(2) and mprotect(2) are below
    "munmap", "mremap", "madvise", "brk", "mlock", "mlock2", "munlock", "membarrier",
    // threads and signals; clone(2) is below
    "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity",
    "sched_getparam", "sched_getscheduler", "sched_setattr", "sched_getattr", "sched_setscheduler",
    "setpriority", "getpriority", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "sigaltstack",
    // what is asked of the system
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getpid", "getppid", "gettid", "getuid",
    "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "capget", "getrandom", "uname",
    "sysinfo", "getrlimit", "getrusage", "times", "getcpu"};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  bool is_made() const { return context_ != nullptr; }

  /// Whoever does not know one of these does without.
  void prefer_speed() {
    // A tree instead of a list, for kernels that do not remember what is always allowed (before Linux 5.11).
    static_cast<void>(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    // Without it Linux before 5.16 slows all of the process down (Spectre v4), which is for foreign code.
    static_cast<void>(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1));
  }

  template <class... Conditions>
  void add(std::uint32_t action, const char* name, Conditions... conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) {
      return;  // this architecture or version of the library does not have it
    }
    const int code = seccomp_rule_add(context_.get(), action, number, sizeof...(conditions), conditions...);
    error_ = error_ == 0 ? code : error_;
  }

  /// 0, or an errno.
  int load() {
    if (error_ == 0) {
      error_ = seccomp_load(context_.get());
    }
    return -error_;
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int error_ = 0;
};

void add_with_conditions(Filter& filter) {
  constexpr auto allow = SCMP_ACT_ALLOW;
  for (const int domain : {AF_UNIX, AF_INET, AF_INET6}) {
    filter.add(allow, "socket", SCMP_A0_32(SCMP_CMP_EQ, static_cast<unsigned>(domain)));
  }
  for (const unsigned long request : {FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ, TCGETS, TIOCOUTQ}) {
    filter.add(allow, "ioctl", SCMP_A1_32(SCMP_CMP_EQ, static_cast<std::uint32_t>(request)));
  }
  // No memory is to be made executable: everything was loaded before.
  for (const char* name : {"mmap", "mprotect"}) {
    filter.add(allow, name, SCMP_A2_32(SCMP_CMP_MASKED_EQ, static_cast<unsigned>(PROT_EXEC), 0U));
  }
  // Threads, no processes. The flags of clone3(2) are in memory, where a filter does not look; the C library
  // takes clone(2) where it does not exist, and libuv does without io_uring.
  filter.add(allow, "clone",
             SCMP_A0_32(SCMP_CMP_MASKED_EQ, static_cast<unsigned>(CLONE_THREAD),
                        static_cast<unsigned>(CLONE_THREAD)));
  for (const char* name : {"clone3", "io_uring_setup", "openat2"}) {
    filter.add(SCMP_ACT_ERRNO(ENOSYS), name);
  }
  filter.add(allow, "tgkill", SCMP_A0_32(SCMP_CMP_EQ, static_cast<unsigned>(getpid())));  // abort(3)
  filter.add(allow, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0U));                               // only asks
  constexpr unsigned name_memory = 0x53564d41;  // PR_SET_VMA, which malloc may do
  for (const unsigned operation :
       {static_cast<unsigned>(PR_SET_NAME), static_cast<unsigned>(PR_GET_NAME), name_memory}) {
    filter.add(allow, "prctl", SCMP_A0_32(SCMP_CMP_EQ, operation));
  }
}

}  // namespace

const char* why_no_seccomp() {
  // The kernel has it where it knows the mode at all (prctl(2)).
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0
             ? ""
             : "this kernel has no seccomp, so system calls are not restricted";
}

Result<void> restrict_system_calls() {
  Filter filter;
  if (filter.is_made()) {
    filter.prefer_speed();
    for (const char* name : allowed) {
      filter.add(SCMP_ACT_ALLOW, name);
    }
    add_with_conditions(filter);
  }
  const int error = filter.is_made() ? filter.load() : ENOMEM;
  if (error != 0) {
    return fail(ErrorKind::internal, "sandbox: seccomp refuses: {}; with sandbox: off persona runs without",
                std::generic_category().message(error));
  }
  return {};
}

#else

const char* why_no_seccomp() {
#ifdef PERSONA_SANITIZED
  return "this build has sanitizers, which need other system calls";
#else
  return "this build has no libseccomp, so system calls are not restricted";
#endif
}

Result<void> restrict_system_calls() {
  return {};
}

#endif

}  // namespace persona::host
