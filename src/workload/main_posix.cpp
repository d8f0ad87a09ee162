// persona-spiffe: asks a SPIFFE agent for persona, which starts it and reads what it writes
// (spiffe/messages.hpp). It is a program of its own so that gRPC is in no process that forwards.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <random>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fetch.hpp"
#include "persona/base/duration.hpp"
#include "persona/host/confinement.hpp"
#include "persona/host/process.hpp"

namespace {

using namespace persona;

constexpr Milliseconds first_pause{250};
constexpr Milliseconds longest_pause{8'000};

/// Half of it at least: those that lost their agent together do not come back together.
Milliseconds jittered(Milliseconds pause) {
  static std::mt19937 generator{std::random_device{}()};
  return Milliseconds(
      std::uniform_int_distribution<Milliseconds::rep>(pause.count() / 2, pause.count())(generator));
}

/// persona's end is the only thing that ends this program.
[[noreturn]] void end_with(int control) {
  for (;;) {
    pollfd watched{control, POLLIN | POLLRDHUP, 0};
    if (poll(&watched, 1, -1) > 0) {
      _exit(EXIT_SUCCESS);
    }
  }
}

/// Waits for persona to read.
void send_all(int control, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(control, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      _exit(EXIT_SUCCESS);
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
}

class Client {
 public:
  Client(Endpoint agent, int control) : agent_(std::move(agent)), control_(control) {}

  [[noreturn]] void ask() {
    Milliseconds pause = first_pause;
    for (;;) {
      const workload::Ending ending =
          workload::fetch(agent_, [this](const spiffe::Update& update) { push(update); });
      tell(ending.sentence);
      pause = ending.had_update ? first_pause : std::min(2 * pause, longest_pause);
      std::this_thread::sleep_for(jittered(pause));
    }
  }

  void tell(std::string sentence) {
    if (sentence != told_) {  // or a log would be full of an agent that is away
      send_all(control_, spiffe::write(spiffe::Trouble{sentence}));
      told_ = std::move(sentence);
    }
  }

 private:
  void push(const spiffe::Update& update) {
    const auto frame = spiffe::write(update);
    if (!frame) {
      tell(fmt::format("the SPIFFE agent at {} has sent what cannot be used: {}", agent_.to_string(),
                       frame.error().message));
      return;
    }
    send_all(control_, frame->view());
    told_.clear();
  }

  Endpoint agent_;
  int control_;
  std::string told_;
};

/// The number of a socket that is open.
int socket_named(std::string_view word) {
  int number = -1;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  int type = 0;
  socklen_t size = sizeof type;
  const bool good = error == std::errc() && end == word.data() + word.size() &&
                    getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
  return good ? number : -1;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t all_words = 4;
  const std::vector<std::string> words = host::command_line(argc, argv);
  const auto agent = words.size() == all_words ? Endpoint::parse(words[1]) : Result<Endpoint>(Endpoint());
  const int control = words.size() == all_words ? socket_named(words[3]) : -1;
  if (!agent || !agent->is_unix() || control < 0) {
    std::fputs("persona-spiffe: persona starts this program, for identity.spiffe of its configuration\n",
               stderr);
    return EXIT_FAILURE;
  }
  host::prepare_process();
  static_cast<void>(setenv("GRPC_VERBOSITY", "NONE", 0));  // standard error is persona's log
  Client client(*agent, control);
  if (words[2] == "confined") {
    host::Confinement wanted;
    wanted.reads_everything = true;  // its libraries look at what they like
    wanted.connect.emplace();
    wanted.bind.emplace();
    if (const auto confined = host::confine(wanted); !confined) {
      client.tell(confined.error().message);
      return EXIT_FAILURE;
    }
  }
  std::thread(end_with, control).detach();
  client.ask();
}
