#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "persona/net/listener.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

namespace {

constexpr mode_t permissions = 07777;

/// For as long as it lives.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  ~Umask() { umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

/// Nobody, where root runs the tests, for as long as it lives.
class Nobody {
 public:
  Nobody() : is_root_(geteuid() == 0) {
    REQUIRE((!is_root_ || (setegid(65'534) == 0 && seteuid(65'534) == 0)));
  }
  ~Nobody() {
    if (is_root_ && (seteuid(0) != 0 || setegid(0) != 0)) {
      std::abort();
    }
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  bool is_root_;
};

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  REQUIRE(S_ISSOCK(status.st_mode));
  return status;
}

Endpoint socket_in(const test::Folder& folder, const char* name = "s") {
  return *Endpoint::parse("unix:" + (folder.path() / name).string());
}

std::string refusal(const Endpoint& endpoint, const SocketFile& file = {}) {
  TestLoop loop;
  const auto listener = Listener::bind(*loop, endpoint, file);
  REQUIRE_FALSE(listener);
  CHECK(listener.error().kind == ErrorKind::configuration);
  return listener.error().message;
}

}  // namespace

TEST_CASE("a socket's file has the mode that was asked for, whatever the umask; else what the umask leaves") {
  TestLoop loop;
  const test::Folder folder;
  for (const mode_t mask : {0U, 022U, 077U, 0177U}) {
    const Umask set(mask);
    for (const unsigned mode : {0600U, 0660U, 0666U, 0777U}) {
      auto listener = Listener::bind(*loop, socket_in(folder), {mode, std::nullopt});
      REQUIRE(listener);
      CHECK((status_of(socket_in(folder).path).st_mode & permissions) == mode);
    }
    auto listener = Listener::bind(*loop, socket_in(folder));
    REQUIRE(listener);
    CHECK((status_of(socket_in(folder).path).st_mode & permissions) == (0777U & ~mask));
  }
}

TEST_CASE("a socket's file can be given to a group that persona is a member of") {
  TestLoop loop;
  const test::Folder folder;
  auto listener = Listener::bind(*loop, socket_in(folder), {0660U, getegid()});
  REQUIRE(listener);
  CHECK(status_of(socket_in(folder).path).st_gid == getegid());
  if (geteuid() != 0) {
    return;  // below, only root may
  }
  auto other = Listener::bind(*loop, socket_in(folder, "other"), {0660U, GroupId{12'345}});
  REQUIRE(other);
  CHECK(status_of(socket_in(folder, "other").path).st_gid == 12'345);
  CHECK((status_of(socket_in(folder, "other").path).st_mode & permissions) == 0660);
}

TEST_CASE("without the right to give it away the sentence says what to do, and no file is left") {
  const Nobody nobody;
  const test::Folder folder;
  const std::string message = refusal(socket_in(folder), {0660U, GroupId{0}});
  CHECK(message.find("its file cannot be given to the group root (gid 0): operation not permitted; ") !=
        std::string::npos);
  CHECK(message.find("must be in that group: usermod --append --groups root ") != std::string::npos);
  CHECK(message.find("SupplementaryGroups=root") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(socket_in(folder).path));
}

TEST_CASE("a folder that is not there: what makes it, and for good below /run") {
  CHECK(refusal(*Endpoint::parse("unix:/no/such/folder/s")) ==
        "cannot listen on unix:/no/such/folder/s: there is no folder /no/such/folder; make it");
  const Endpoint in_run = *Endpoint::parse("unix:/run/no-such-folder/s");
  const std::string sentence =
      "there is no folder /run/no-such-folder; let systemd make it at each start, by "
      "RuntimeDirectory=no-such-folder in persona's unit or \"d /run/no-such-folder 0755 " +
      user_name(geteuid()) + " root\" in a file of /etc/tmpfiles.d";
  CHECK(refusal(in_run) == "cannot listen on unix:/run/no-such-folder/s: " + sentence);
  const auto found = check_socket_folder(in_run);
  REQUIRE_FALSE(found);
  CHECK(found.error().message == sentence);
  CHECK(check_socket_folder(*Endpoint::parse("unix:/tmp/s")));
  CHECK(check_socket_folder(*Endpoint::parse("127.0.0.1:1")));
}
