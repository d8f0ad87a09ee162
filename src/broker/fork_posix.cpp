#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <system_error>
#include <thread>
#include <unistd.h>

#include "addresses.hpp"
#include "persona/base/log_files.hpp"
#include "persona/base/path_text.hpp"
#include "persona/broker/broker.hpp"
#include "persona/net/child.hpp"
#include "persona/net/error.hpp"
#include "persona/net/users.hpp"

namespace persona::broker {

namespace {

constexpr std::size_t most_conversations = 256;  // at once: what a confined process can make us hold
constexpr Milliseconds a_while{60'000};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// Everything but the standard streams and `kept`, which becomes the first after them: a listening socket
/// that were open here would keep its port taken.
int close_all_but(int kept) {
  constexpr int first = STDERR_FILENO + 1;
  if (kept != first) {
    if (dup2(kept, first) < 0) {
      _exit(EXIT_FAILURE);
    }
    static_cast<void>(fcntl(first, F_SETFD, FD_CLOEXEC));
  }
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first + 1, ~0U, 0) == 0) {
    return first;
  }
#endif
  rlimit limit{};
  static_cast<void>(getrlimit(RLIMIT_NOFILE, &limit));
  for (int each = first + 1; static_cast<rlim_t>(each) < limit.rlim_cur; ++each) {
    close(each);
  }
  return first;
}

/// In a child of the broker, which has threads: only what is async-signal-safe.
[[noreturn]] void become(char* const* arguments, char* const* environment) {
  static_cast<void>(setsid());
  for (int signal = 1; signal < NSIG; ++signal) {
    static_cast<void>(::signal(signal, SIG_DFL));
  }
  sigset_t none;
  sigemptyset(&none);
  static_cast<void>(sigprocmask(SIG_SETMASK, &none, nullptr));
  static_cast<void>(execvpe(arguments[0], arguments, environment));
  constexpr int as_shells_do = 127;
  _exit(as_shells_do);
}

/// What can be read without moving the place where it is read next.
std::string beginning_of(const net::Socket& file) {
  constexpr std::size_t most = std::size_t{1} << 20;
  std::string content(most, '\0');
  std::size_t size = 0;
  ssize_t count = 0;
  do {
    count = pread(file.get(), content.data() + size, content.size() - size, static_cast<off_t>(size));
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  } while ((count > 0 && size < content.size()) || (count < 0 && errno == EINTR));
  content.resize(size);
  return content;
}

/// One connection: a question, an answer, until it ends.
class Conversation {
 public:
  Conversation(net::Socket socket, const Duties& duties, std::mutex& mutex)
      : line_(std::move(socket)), duties_(duties), mutex_(mutex) {}

  void hold() {
    for (;;) {
      const auto received = line_.receive();
      if (!received) {
        return;
      }
      if (!*received) {
        static_cast<void>(line_.wait(a_while));
        continue;
      }
      const auto question = read(**received);
      if (!question || !answer(*question)) {
        return;
      }
    }
  }

 private:
  bool say(const Message& message, std::span<const uv_os_sock_t> descriptors = {}) {
    return line_.send(write(message), descriptors).has_value();
  }
  bool refuse(const std::string& why) { return say({std::string(refused), 0, {why}}); }

  bool answer(const Message& question) {
    const std::string text = question.texts.empty() ? "" : question.texts.front();
    if (question.word == ask_file) {
      return answer_file(text);
    }
    if (question.word == ask_log) {
      return answer_log(text);
    }
    if (question.word == ask_rename && question.texts.size() == 2) {
      return answer_rename(text, question.texts[1]);
    }
    if (question.word == ask_host) {
      return answer_host(text);
    }
    if (question.word == ask_user || question.word == ask_group) {
      const auto id = question.word == ask_user ? net::find_user(text) : net::find_group(text);
      return id ? say({std::string(answered), *id}) : refuse(id.error().message);
    }
    if (question.word == ask_uid || question.word == ask_gid) {
      const auto id = static_cast<std::uint32_t>(question.number);
      // A number is the name of who has none.
      const std::string name = question.word == ask_uid ? net::user_name(id) : net::group_name(id);
      return say({std::string(answered), 0, {name == std::to_string(id) ? "" : name}});
    }
    if (question.word == ask_writers && question.texts.size() == 2) {
      return answer_writers(text, question.texts[1]);
    }
    if (question.word == ask_bind) {
      return answer_bind(text);
    }
    if (question.word == ask_start) {
      return answer_start();
    }
    return false;
  }

  bool answer_file(const std::string& path) {
    const auto refuse_with = [&](int error) { return say({std::string(answered), error}); };
    {
      const std::lock_guard lock(mutex_);
      if (!duties_.may_read(path)) {
        return refuse_with(EACCES);
      }
    }
    const net::Socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.valid()) {
      return refuse_with(errno);
    }
    if (!duties_.may_hand_over(beginning_of(file))) {
      return refuse_with(EACCES);
    }
    const std::array<uv_os_sock_t, 1> beside{file.get()};
    return say({std::string(answered), 0}, beside);
  }

  bool answer_log(const std::string& path) {
    const auto like = line_.take_descriptor();
    {
      const std::lock_guard lock(mutex_);
      if (!duties_.may_log_to(path)) {
        return say({std::string(answered), EACCES});
      }
    }
    const net::Socket file(log::open_log(path, like ? like->get() : -1));
    if (!file.valid()) {
      return say({std::string(answered), errno});
    }
    const std::array<uv_os_sock_t, 1> beside{file.get()};
    return say({std::string(answered), 0}, beside);
  }

  /// What is full is moved by one, the oldest first, and never onto anything else.
  bool answer_rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    const std::string number = to.extension().string();
    unsigned value = 0;
    const char* const end = number.data() + number.size();
    const bool is_number = number.size() > 1 &&
                           std::from_chars(number.data() + 1, end, value) == std::from_chars_result{end, {}};
    std::filesystem::path log = to;
    log.replace_extension();
    if (!is_number || value == 0 || from != (value == 1 ? log : log::numbered(log, value - 1))) {
      return say({std::string(answered), EACCES});
    }
    const std::lock_guard lock(mutex_);
    if (!duties_.may_log_to(log)) {
      return say({std::string(answered), EACCES});
    }
    return say({std::string(answered), ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno});
  }

  bool answer_host(const std::string& host) {
    std::vector<net::SocketAddress> addresses;
    Message message{std::string(answered), net::resolve_host(host, addresses)};
    constexpr std::size_t most_addresses = 128;  // a line has room for them
    for (const net::SocketAddress& address : addresses) {
      if (message.texts.size() < most_addresses) {
        message.texts.push_back(bytes_of(address));
      }
    }
    return say(message);
  }

  bool answer_bind(const std::string& where) {
    const auto socket = line_.take_descriptor();
    const auto address = address_of(where);
    if (!socket || !address) {
      return false;
    }
    const std::lock_guard lock(mutex_);
    if (!duties_.may_listen(address->port())) {
      return say({std::string(answered), EACCES});
    }
    const int status = ::bind(socket->get(), address->get(), static_cast<socklen_t>(where.size()));
    return say({std::string(answered), status == 0 ? 0 : errno});
  }

  bool answer_writers(const std::string& file, const std::string& key) {
    Message message{std::string(answered)};
    TrustedWriters trusted;
    trusted.private_key = key;
    constexpr std::size_t most_texts = 16;  // people mend a few at a time
    for (ChangeableByOthers& found : changeable_by_others(file, trusted)) {
      if (message.texts.size() < most_texts) {
        message.texts.push_back(found.path.string());
        message.texts.push_back(std::move(found.sentence));
      }
    }
    return say(message);
  }

  bool answer_start() {
    if (duties_.successor.empty()) {
      return refuse("this process cannot be replaced while it runs");
    }
    std::vector<std::string> arguments = duties_.successor;
    std::vector<std::string> environment;
    for (char** each = environ; *each != nullptr; ++each) {
      environment.emplace_back(*each);
    }
    for (const auto& [name, value] : duties_.variables) {
      environment.push_back(fmt::format("{}={}", name, value));
    }
    const std::vector<char*> words = net::pointers_to(arguments);
    const std::vector<char*> assignments = net::pointers_to(environment);
    const pid_t child = fork();
    if (child == 0) {
      become(words.data(), assignments.data());
    }
    if (child < 0) {
      return refuse(fmt::format("cannot start {}: {}", arguments.front(), error_text(errno)));
    }
    static_cast<void>(say({std::string(answered), child}));
    int status = 0;
    pid_t waited = -1;
    do {
      waited = waitpid(child, &status, 0);
    } while (waited < 0 && errno == EINTR);
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return say(
        {std::string(has_ended), WIFEXITED(status) ? WEXITSTATUS(status) : 0, {std::to_string(signal)}});
  }

  net::DescriptorLine line_;
  const Duties& duties_;
  std::mutex& mutex_;
};

}  // namespace

void serve(net::Socket control, const Duties& duties) {
  std::mutex mutex;
  std::atomic<std::size_t> conversations{0};
  for (;;) {
    std::array<char, 1> byte{};
    std::deque<net::Socket> descriptors;
    const std::ptrdiff_t size = net::receive_with_descriptors(control, byte, descriptors);
    if (size == UV_EAGAIN) {
      static_cast<void>(net::wait_readable(control, a_while));
      continue;
    }
    if (size <= 0) {
      _exit(EXIT_SUCCESS);  // with every thread
    }
    for (net::Socket& each : descriptors) {
      if (conversations >= most_conversations) {
        break;  // hangs up
      }
      try {
        ++conversations;
        std::thread([&, socket = std::move(each)]() mutable {
          try {
            Conversation(std::move(socket), duties, mutex).hold();
          } catch (const std::exception&) {  // out of memory: whoever asks sees that it hung up
          }
          --conversations;
        }).detach();
      } catch (const std::system_error&) {
        --conversations;
      }
    }
  }
}

Result<net::Socket> start_beside(const char* name, const std::function<void(net::Socket control)>& serve) {
  auto pair = net::connected_pair();
  if (!pair) {
    return tl::unexpected(pair.error());
  }
  static_cast<void>(std::fflush(nullptr));  // or both processes would write it
  const pid_t child = fork();
  if (child < 0) {
    return fail(ErrorKind::network, "cannot start a process beside this one: {}", error_text(errno));
  }
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGTSTP}) {
      static_cast<void>(::signal(signal, SIG_IGN));
    }
    static_cast<void>(::signal(SIGCHLD, SIG_DFL));
#ifdef __linux__
    static_cast<void>(prctl(PR_SET_NAME, name));
#endif
    static_cast<void>(pair->first.release());
    try {
      serve(net::Socket(close_all_but(pair->second.release())));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "persona: %s: %s\n", name, error.what());
    }
    _exit(EXIT_SUCCESS);
  }
  return std::move(pair->first);
}

Result<Broker*> Broker::start(const Duties& duties) {
  auto control =
      start_beside("persona-broker", [&](net::Socket theirs) { serve(std::move(theirs), duties); });
  if (!control) {
    return tl::unexpected(control.error());
  }
  return new Broker(std::move(*control));
}

}  // namespace persona::broker
