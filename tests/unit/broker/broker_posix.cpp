// A broker, and what it makes of questions from somebody who may have been broken into.
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "../../support/temporary_folder.hpp"
#include "persona/broker/broker.hpp"

using namespace persona;

namespace {

struct Granted {
  std::set<std::filesystem::path> files;
  std::uint16_t port = 0;
  std::filesystem::path log{};
};

std::unique_ptr<broker::Broker> broker_for(const Granted& granted, std::vector<std::string> successor = {}) {
  broker::Duties duties;
  duties.may_read = [granted](const std::filesystem::path& file) { return granted.files.contains(file); };
  duties.may_hand_over = [](std::string_view content) { return content != "secret"; };
  duties.may_log_to = [granted](const std::filesystem::path& file) { return file == granted.log; };
  duties.may_listen = [granted](std::uint16_t port) { return granted.port == port; };
  duties.successor = std::move(successor);
  duties.variables = {{"PERSONA_TEST_OF_BROKER", "7"}};
  auto started = broker::Broker::start(duties);
  REQUIRE(started);
  return std::unique_ptr<broker::Broker>(*started);
}

std::string content_of(int descriptor) {
  std::string content(64, '\0');
  const ssize_t size = read(descriptor, content.data(), content.size());
  close(descriptor);
  content.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return content;
}

int failed_with(const broker::Broker& broker, const std::filesystem::path& file) {
  errno = 0;
  const int descriptor = broker.open(file);
  if (descriptor >= 0) {
    close(descriptor);
    return 0;
  }
  return errno;
}

}  // namespace

TEST_CASE("a broker opens what may be read, to be read alone, and nothing else") {
  const support::TemporaryFolder folder;
  const auto named = folder.path() / "named";
  const auto key = folder.path() / "key";
  const auto other = folder.path() / "other";
  std::ofstream(named) << "content";
  std::ofstream(key) << "secret";
  std::ofstream(other) << "other";
  const auto owned = broker_for({{named, key, folder.path() / "none"}});
  const broker::Broker& broker = *owned;
  const int opened = broker.open(named);
  REQUIRE(opened >= 0);
  CHECK((fcntl(opened, F_GETFL) & O_ACCMODE) == O_RDONLY);
  CHECK((fcntl(opened, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(content_of(opened) == "content");  // from its beginning, though it was looked at
  CHECK(failed_with(broker, key) == EACCES);
  CHECK(failed_with(broker, other) == EACCES);
  CHECK(failed_with(broker, folder.path() / "none") == ENOENT);
  CHECK(failed_with(broker, named.string() + "/../other") == EACCES);
}

TEST_CASE("a broker opens log files to append, and moves them aside under numbers alone") {
  const support::TemporaryFolder folder;
  const auto log = folder.path() / "log";
  const auto other = folder.path() / "other";
  std::ofstream(other) << "other";
  const auto owned = broker_for({{}, 0, log});
  const broker::Broker& broker = *owned;
  const int opened = broker.open_log(log, -1);
  REQUIRE(opened >= 0);
  CHECK((fcntl(opened, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  CHECK((fcntl(opened, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(broker.open_log(other, -1) == -1);
  CHECK(errno == EACCES);

  CHECK(broker.rename_log(log, folder.path() / "log.1") == 0);
  CHECK(broker.rename_log(folder.path() / "log.1", folder.path() / "log.2") == 0);
  CHECK(broker.rename_log(log, folder.path() / "log.1") == ENOENT);
  for (const char* to : {"log.0", "log.3", "log.x", "log.", "log.1.yaml", "other.1", "log"}) {
    CAPTURE(to);
    CHECK(broker.rename_log(folder.path() / "log.1", folder.path() / to) == EACCES);
  }
  CHECK(broker.rename_log(other, folder.path() / "log.1") == EACCES);
  CHECK(broker.rename_log(other, folder.path() / "other.1") == EACCES);
  CHECK(std::filesystem::exists(folder.path() / "log.2"));

  REQUIRE(fchmod(opened, 0640) == 0);
  const int next = broker.open_log(log, opened);
  REQUIRE(next >= 0);
  struct stat made {};
  REQUIRE(fstat(next, &made) == 0);
  CHECK((made.st_mode & 0777) == 0640);
  close(next);
  close(opened);
}

TEST_CASE("a broker looks up names") {
  const auto owned = broker_for({});
  const broker::Broker& broker = *owned;
  std::vector<net::SocketAddress> addresses;
  CHECK(broker.resolve_host("localhost", addresses) == 0);
  REQUIRE_FALSE(addresses.empty());
  CHECK(addresses.front().ip()->is_loopback());
  addresses.clear();
  CHECK(broker.resolve_host("name.invalid", addresses) != 0);
  CHECK(broker.find_user("root") == 0);
  CHECK(broker.find_group("root") == 0);
  const auto none = broker.find_user("nobody-of-this-name");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.starts_with("there is no user \"nobody-of-this-name\""));
  CHECK(broker.name_of_user(0) == "root");
  CHECK(broker.name_of_group(0) == "root");
  CHECK(broker.name_of_user(4'000'000'000) == "");
}

TEST_CASE("a broker binds the ports that may be listened on") {
  const auto any = net::SocketAddress::from_numeric("127.0.0.1", 0);
  const auto another = net::SocketAddress::from_numeric("127.0.0.1", 1);
  const auto owned = broker_for({});
  const broker::Broker& broker = *owned;
  const net::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(broker.bind_tcp(socket, *another) == EACCES);
  CHECK(broker.bind_tcp(socket, *any) == 0);
  CHECK(broker.bind_tcp(socket, *any) == EINVAL);  // it is bound, which is the system's word
}

TEST_CASE("a broker starts one program, whatever it is asked") {
  auto loop = net::Loop::create();
  REQUIRE(loop);
  const auto refused = broker_for({})->start_successor(**loop, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "this process cannot be replaced while it runs");
  const auto owned = broker_for(
      {}, {"/bin/sh", "-c", "test \"$PERSONA_TEST_OF_BROKER\" = 7 && test ! -e /dev/fd/4; exit $?"});
  const broker::Broker& broker = *owned;
  std::unique_ptr<broker::Broker::Successor> successor;
  int code = -1;
  int signal = -1;
  auto started = broker.start_successor(**loop, [&](int with_code, int with_signal) {
    code = with_code;
    signal = with_signal;
    successor.reset();
    (*loop)->finish();
  });
  REQUIRE(started);
  successor = std::move(*started);
  CHECK(successor->pid() > 1);
  (*loop)->run();
  CHECK(code == 0);
  CHECK(signal == 0);
  CHECK((*loop)->close());
}

TEST_CASE("nonsense ends a conversation, and more of them than there may be are hung up on; others go on") {
  auto control = broker::start_beside("persona-test", [](net::Socket theirs) {
    broker::Duties duties;
    duties.may_read = [](const std::filesystem::path&) { return true; };
    duties.may_hand_over = [](std::string_view) { return true; };
    duties.may_listen = [](std::uint16_t) { return true; };
    broker::serve(std::move(theirs), duties);
  });
  REQUIRE(control);
  const net::Switchboard board(std::move(*control));
  const auto answer = [](net::DescriptorLine& line) -> std::string {
    for (;;) {
      const auto received = line.receive();
      if (!received) {
        return "hung up";
      }
      if (*received) {
        return **received;
      }
      REQUIRE(line.wait(Milliseconds(20'000)));
    }
  };
  for (const char* nonsense : {"", "nonsense", "file", "unknown 0", "bind 0 .00", "writers 0 .2f"}) {
    CAPTURE(nonsense);
    auto line = board.connect();
    REQUIRE(line);
    REQUIRE(line->send(nonsense));
    CHECK(answer(*line) == "hung up");
  }
  std::vector<net::DescriptorLine> many;
  std::size_t answered = 0;
  for (int i = 0; i < 300; ++i) {
    auto line = board.connect();
    REQUIRE(line);
    static_cast<void>(line->send("uid 0"));  // fails where it was hung up on already
    answered += answer(*line) == "ok 0 .726f6f74" ? 1 : 0;
    many.push_back(std::move(*line));
  }
  CHECK(answered == 256);
  many.clear();
}

TEST_CASE("a broker that has ended is missed in a sentence") {
  auto control = broker::start_beside("persona-test", [](net::Socket) {});
  REQUIRE(control);
  const broker::Broker broker(std::move(*control));
  CHECK(failed_with(broker, "/etc/hosts") == EIO);
  std::vector<net::SocketAddress> addresses;
  CHECK(broker.resolve_host("localhost", addresses) == UV_EAI_FAIL);
  const auto user = broker.find_user("root");
  REQUIRE_FALSE(user);
  CHECK(user.error().message ==
        "the process that looks up names and opens files for this one has ended: restart persona");
}
