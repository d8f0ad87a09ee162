#include <windows.h>

#include <doctest/doctest.h>

#include "log_folder.hpp"

using Lines = std::vector<std::string>;

namespace fs = std::filesystem;

namespace {

/// Somebody who reads a file; without FILE_SHARE_DELETE it cannot be renamed.
class Reader {
 public:
  Reader(const fs::path& path, DWORD share)
      : handle_(CreateFileW(path.c_str(), GENERIC_READ, share, nullptr, OPEN_EXISTING, 0, nullptr)) {
    REQUIRE(handle_ != INVALID_HANDLE_VALUE);
  }
  ~Reader() { CloseHandle(handle_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  HANDLE handle_;
};

}  // namespace

TEST_CASE("a log file that somebody holds grows, and is moved aside when it is let go") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  logger.info("a");
  {
    const Reader reader(folder.path("x.log"), FILE_SHARE_READ | FILE_SHARE_WRITE);
    for (const char* line : {"b", "c", "d", "e"}) {
      logger.info(line);
    }
    const Lines lines = folder.lines();
    REQUIRE(lines.size() == 6);
    CHECK(lines[3].starts_with("the log file is full, but \""));
    CHECK(lines[5] == "e");
    CHECK(folder.names() == Lines{"x.log"});
  }
  logger.info("f");
  CHECK(folder.lines() == Lines{"f"});
  CHECK(folder.lines("x.log.1").size() == 6);
}

TEST_CASE("an old log file that somebody holds does not cost a line, nor an old file each time") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  for (char line = 'a'; line < 'g'; ++line) {
    logger.info(std::string(1, line));
  }
  const Reader reader(folder.path("x.log.1"), FILE_SHARE_READ | FILE_SHARE_WRITE);
  for (char line = 'g'; line < 'm'; ++line) {
    logger.info(std::string(1, line));
  }
  CHECK(folder.lines().size() == 2 + 6 + 1);
  CHECK(folder.lines("x.log.1") == Lines{"c", "d"});
  CHECK(folder.lines("x.log.3") == Lines{"a", "b"});
}

TEST_CASE("who follows a log file and lets it be renamed is in nobody's way") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  logger.info("a");
  const Reader reader(folder.path("x.log"), FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
  logger.info("b");
  logger.info("c");
  CHECK(folder.lines() == Lines{"c"});
  CHECK(folder.lines("x.log.1") == Lines{"a", "b"});
}

TEST_CASE("lines of a log file end as Windows has it, names are in any script") {
  const LogFolder folder;
  auto settings = folder.settings();
  settings.file += "-g\xc3\xbcter";
  WrittenLog(settings).info("a");
  CHECK(folder.content("x.log").empty());
  REQUIRE(fs::exists(folder.path(".") / L"x.log-g\u00fcter"));
  std::ifstream in(folder.path(".") / L"x.log-g\u00fcter", std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(in), {});
  CHECK(content.ends_with(" a\r\n"));
}
