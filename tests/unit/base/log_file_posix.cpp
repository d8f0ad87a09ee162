#include <array>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "log_folder.hpp"

using Lines = std::vector<std::string>;

namespace fs = std::filesystem;

namespace {

/// As a full disk: no file grows beyond `size`, and what is written is cut there.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t size) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = size;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a full disk costs lines, which are counted, and cuts none that comes later") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings());
  logger.info("a");
  {
    const SizeLimit full(50);
    logger.info("b");
    logger.info("c");
  }
  logger.info("d");
  const Lines lines = folder.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "a");
  CHECK(lines[1].size() < 31);  // the beginning of b
  CHECK(lines[2] == "log lines before this one are lost: File too large lines_lost=2");
  CHECK(lines[3] == "d");
  CHECK(logger.lines_lost() == 2);
}

TEST_CASE("a new log file has the group and mode of the one before") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(kTwoLines));
  REQUIRE(chmod(folder.path("x.log").c_str(), 0640) == 0);
  if (geteuid() == 0) {
    REQUIRE(chown(folder.path("x.log").c_str(), static_cast<uid_t>(-1), 1234) == 0);
  }
  const mode_t before = umask(077);
  for (const char* line : {"a", "b", "c"}) {
    logger.info(line);
  }
  umask(before);
  REQUIRE(folder.lines() == Lines{"c"});
  struct stat now {};
  REQUIRE(stat(folder.path("x.log").c_str(), &now) == 0);
  CHECK((now.st_mode & 0777) == 0640);
  CHECK(now.st_gid == (geteuid() == 0 ? 1234 : getegid()));
}

TEST_CASE("a symbolic link stays where it is: what it leads to is moved aside") {
  const LogFolder folder;
  fs::create_directory(folder.path("volume"));
  fs::create_symlink("volume/real.log", folder.path("x.log"));
  const WrittenLog logger(folder.settings(kTwoLines));
  for (const char* line : {"a", "b", "c"}) {
    logger.info(line);
  }
  CHECK(folder.names() == Lines{"volume", "x.log"});
  CHECK(folder.lines() == Lines{"c"});
  CHECK(folder.lines("volume/real.log.1") == Lines{"a", "b"});
}

TEST_CASE("what is no regular file is neither moved aside nor opened again") {
  const LogFolder folder;
  REQUIRE(mkfifo(folder.path("x.log").c_str(), 0600) == 0);
  const int reader = open(folder.path("x.log").c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  const WrittenLog logger(folder.settings(1));
  logger.info("a");
  fs::rename(folder.path("x.log"), folder.path("pipe"));
  logger.reopen();
  logger.info("b");
  CHECK(folder.names() == Lines{"pipe"});
  std::array<char, 200> received{};
  CHECK(read(reader, received.data(), received.size()) == 66);
  close(reader);
}

TEST_CASE("when the new file cannot be opened, lines go on into the old one") {
  const LogFolder folder;
  fs::create_directory(folder.path("logs"));
  auto settings = folder.settings(kTwoLines);
  settings.file = folder.path("logs/x.log").string();
  const WrittenLog logger(settings);
  logger.info("a");
  fs::rename(folder.path("logs"), folder.path("elsewhere"));
  logger.reopen();
  logger.info("b");
  logger.info("c");
  const Lines lines = folder.lines("elsewhere/x.log");
  REQUIRE(lines.size() == 5);
  CHECK(
      lines[1].find("cannot be opened again, so the previous one stays in use: No such file or directory") !=
      std::string::npos);
  CHECK(lines[2].find("cannot be opened: No such file or directory: it keeps growing") != std::string::npos);
  CHECK(lines[3] == "b");
  CHECK(lines[4] == "c");
}
