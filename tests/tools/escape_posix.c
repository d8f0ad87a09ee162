/* Loaded into persona by a test (LD_PRELOAD): what whoever breaks into it would try. When a connection is
   accepted the first time, it tries what the file that PERSONA_ESCAPE names says, a line each, and writes
   what came of it to that file's name with ".out": "NAME ARGUMENT: ok", or the name of the error. With
   PERSONA_NO_LANDLOCK or PERSONA_NO_SECCOMP in the environment the kernel lacks these. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static FILE* orders;
static FILE* results;

__attribute__((constructor)) static void prepare(void) {
  const char* path = getenv("PERSONA_ESCAPE");
  if (path != NULL && strstr(program_invocation_short_name, "persona") != NULL) {
    char name[4096];
    snprintf(name, sizeof name, "%s.out", path);
    orders = fopen(path, "re");
    results = fopen(name, "we");
  }
}

static int open_one(const char* path, int flags) {
  const int descriptor = open(path, flags | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    close(descriptor);
  }
  return descriptor;
}

static int reach(const char* port, int listens) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  const int on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int status = listens ? bind(made, (struct sockaddr*)&address, sizeof address)
                             : connect(made, (struct sockaddr*)&address, sizeof address);
  const int error = errno;
  close(made);
  errno = error;
  return status;
}

static int start_process(const char* program) {
  const pid_t child = fork();
  if (child == 0) {
    execl(program, program, (char*)NULL);
    _exit(1);
  }
  return child;
}

static int execute_memory(void) {
  void* memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? -1 : munmap(memory, 4096);
}

static int look_into(const char* pid) {
  char byte;
  struct iovec here = {&byte, 1}, there = {(void*)&orders, 1};
  const ssize_t size = process_vm_readv(atoi(pid), &here, 1, &there, 1, 0);
  return size >= 0 || errno == EFAULT ? 0 : -1; /* there is nothing at that address, but it was looked for */
}

/* Finds the broker among our descriptors, by what it answers, and asks it for a file. */
static int ask_broker(const char* path) {
  char line[8300] = "file 0 .";
  for (size_t at = 0; path[at] != '\0' && at < 4096; ++at) {
    sprintf(line + strlen(line), "%02x", (unsigned char)path[at]);
  }
  strcat(line, "\n");
  for (int control = 3; control < 64; ++control) {
    int ends[2], type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(control, SOL_SOCKET, SO_DOMAIN, &type, &length) != 0 || type != AF_UNIX ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
      continue;
    }
    union {
      struct cmsghdr header;
      char space[CMSG_SPACE(sizeof(int))];
    } beside = {0};
    struct iovec byte = {(void*)"+", 1};
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
    struct timeval patience = {.tv_sec = 2};
    char answer[512];
    CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
    CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
    CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &ends[1], sizeof(int));
    const int sent = sendmsg(control, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
    close(ends[1]);
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (sent && send(ends[0], line, strlen(line), MSG_NOSIGNAL) > 0) {
      const ssize_t size = recv(ends[0], answer, sizeof answer - 1, 0);
      answer[size > 0 ? size : 0] = '\0';
      if (strncmp(answer, "ok ", 3) == 0) {
        errno = atoi(answer + 3);
        close(ends[0]);
        return errno == 0 ? 0 : -1;
      }
    }
    close(ends[0]);
  }
  errno = ENOENT;
  return -1;
}

static int attempt(const char* what, const char* with) {
  if (strcmp(what, "read") == 0) return open_one(with, O_RDONLY);
  if (strcmp(what, "write") == 0) return open_one(with, O_WRONLY);
  if (strcmp(what, "create") == 0) return open_one(with, O_WRONLY | O_CREAT | O_EXCL);
  if (strcmp(what, "remove") == 0) return unlink(with);
  if (strcmp(what, "connect") == 0) return reach(with, 0);
  if (strcmp(what, "bind") == 0) return reach(with, 1);
  if (strcmp(what, "start") == 0) return start_process(with);
  if (strcmp(what, "exec") == 0) return execl(with, with, (char*)NULL);
  if (strcmp(what, "ptrace") == 0) return (int)ptrace(PTRACE_ATTACH, atoi(with), NULL, NULL);
  if (strcmp(what, "broker") == 0) return ask_broker(with);
  if (strcmp(what, "look") == 0) return look_into(with);
  if (strcmp(what, "signal") == 0) return kill(atoi(with), 0);
  if (strcmp(what, "execute-memory") == 0) return execute_memory();
  if (strcmp(what, "socket") == 0) return socket(atoi(with), SOCK_RAW, 0);
  if (strcmp(what, "namespace") == 0) return unshare(CLONE_NEWUSER);
  if (strcmp(what, "io_uring") == 0) return (int)syscall(SYS_io_uring_setup, 0, NULL);
  if (strcmp(what, "become") == 0) return setuid((uid_t)atoi(with));
  errno = EINVAL;
  return -1;
}

static void try_everything(void) {
  char line[4096];
  FILE* from = orders;
  orders = NULL;
  while (from != NULL && results != NULL && fgets(line, sizeof line, from) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char* with = strchr(line, ' ');
    if (with != NULL) {
      *with++ = '\0';
    }
    errno = 0;
    const int status = attempt(line, with == NULL ? "" : with);
    fprintf(results, "%s%s%s: %s\n", line, with == NULL ? "" : " ", with == NULL ? "" : with,
            status >= 0 ? "ok" : strerrorname_np(errno));
    fflush(results); /* an attempt may end us */
  }
  if (results != NULL) {
    fprintf(results, "done\n");
    fflush(results);
  }
}

int accept4(int socket, struct sockaddr* restrict address, socklen_t* restrict length, int flags) {
  int (*real)(int, struct sockaddr*, socklen_t*, int) =
      (int (*)(int, struct sockaddr*, socklen_t*, int))dlsym(RTLD_NEXT, "accept4");
  const int accepted = real(socket, address, length, flags);
  if (accepted >= 0 && orders != NULL) {
    try_everything();
  }
  return accepted;
}

/* persona asks for Landlock by syscall(2), which the C library has no functions for. */
long syscall(long number, ...) {
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  long a[6];
  va_start(list, number);
  for (int i = 0; i < 6; ++i) {
    a[i] = va_arg(list, long);
  }
  va_end(list);
  if (number == SYS_landlock_create_ruleset && getenv("PERSONA_NO_LANDLOCK") != NULL) {
    errno = ENOSYS;
    return -1;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...) {
  va_list list;
  unsigned long a[4];
  va_start(list, option);
  for (int i = 0; i < 4; ++i) {
    a[i] = va_arg(list, unsigned long);
  }
  va_end(list);
  if (option == PR_GET_SECCOMP && getenv("PERSONA_NO_SECCOMP") != NULL) {
    errno = EINVAL;
    return -1;
  }
  return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}
