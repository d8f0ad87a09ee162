#include <thread>

#include <doctest/doctest.h>

#include "log_folder.hpp"

using persona::log::Level;
using persona::log::Logger;
using persona::log::Settings;
using Lines = std::vector<std::string>;

namespace fs = std::filesystem;

TEST_CASE("a log file is appended to, one line a write, also after a restart") {
  const LogFolder folder;
  WrittenLog(folder.settings(), "a").info("first");
  const WrittenLog logger(folder.settings(), "b");
  logger.info("second");
  CHECK(folder.lines() == Lines{"a: first", "b: second"});
}

TEST_CASE("a log file that cannot be opened is named") {
  const LogFolder folder;
  Settings settings = folder.settings();
  settings.file = folder.path("none").string() + "/x.log";
  const auto logger = Logger::open("", settings);
  REQUIRE(!logger);
  CHECK(logger.error().kind == persona::ErrorKind::configuration);
  CHECK(logger.error().message.starts_with("cannot open log file \""));
  CHECK(logger.error().message.find("x.log\": ") != std::string::npos);
  CHECK(folder.names().empty());
}

TEST_CASE("a full log file is moved aside, and the oldest goes") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  for (char line = 'a'; line < 'm'; ++line) {
    logger.info(std::string(1, line));
  }
  CHECK(folder.names() == Lines{"x.log", "x.log.1", "x.log.2", "x.log.3"});
  CHECK(folder.lines("x.log") == Lines{"k", "l"});
  CHECK(folder.lines("x.log.1") == Lines{"i", "j"});
  CHECK(folder.lines("x.log.2") == Lines{"g", "h"});
  CHECK(folder.lines("x.log.3") == Lines{"e", "f"});
}

TEST_CASE("what a log file has counts when it is opened again") {
  const LogFolder folder;
  for (const char* line : {"a", "b", "c"}) {
    WrittenLog(folder.settings(two_lines)).info(line);
  }
  CHECK(folder.lines() == Lines{"c"});
  CHECK(folder.lines("x.log.1") == Lines{"a", "b"});
}

TEST_CASE("a log file is full at its size, not before") {
  const LogFolder folder;
  WrittenLog(folder.settings()).info("a");
  const std::uint64_t size = fs::file_size(folder.path("x.log"));
  const WrittenLog logger(folder.settings(2 * size));
  logger.info("b");
  CHECK(folder.lines() == Lines{"a", "b"});
  logger.info("c");
  CHECK(folder.lines() == Lines{"c"});
}

TEST_CASE("a line larger than a file is written whole") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  const std::string large(1000, 'x');
  logger.info(large);
  logger.info("b");
  CHECK(folder.lines() == Lines{"b"});
  CHECK(folder.lines("x.log.1") == Lines{large});
  CHECK(folder.names() == Lines{"x.log", "x.log.1"});
}

TEST_CASE("without a size, a log file grows") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(0));
  logger.info(std::string(1'000'000, 'x'));
  logger.info("b");
  CHECK(folder.names() == Lines{"x.log"});
}

TEST_CASE("a log file that cannot be moved aside grows, says so once, and is moved aside later") {
  const LogFolder folder;
  fs::create_directory(folder.path("x.log.1"));
  const WrittenLog logger(folder.settings(two_lines, 1));
  Lines expected;
  for (char line = 'a'; line < 'k'; ++line) {
    logger.info(std::string(1, line));
    expected.emplace_back(1, line);
  }
  const Lines lines = folder.lines();
  REQUIRE(lines.size() == expected.size() + 1);
  CHECK(lines[3].starts_with("the log file is full, but \""));
  CHECK(lines[3].find("cannot be renamed to") != std::string::npos);
  expected.insert(expected.begin() + 3, lines[3]);
  CHECK(lines == expected);

  fs::remove(folder.path("x.log.1"));
  logger.info("room");
  CHECK(folder.lines() == Lines{"room"});
  CHECK(folder.lines("x.log.1") == expected);

  // Another time is another time: it is told again.
  fs::remove(folder.path("x.log.1"));
  fs::create_directory(folder.path("x.log.1"));
  logger.info("b");
  logger.info("c");
  REQUIRE(folder.lines().size() == 4);
  CHECK(folder.lines()[3].starts_with("the log file is full"));
}

TEST_CASE("a log file that cannot be moved aside is not tried again with every line") {
  const LogFolder folder;
  fs::create_directory(folder.path("x.log.1"));
  const WrittenLog logger(folder.settings(8000, 1));
  logger.info(std::string(7960, 'x'));
  logger.info("full");
  fs::remove(folder.path("x.log.1"));
  logger.info("too early");
  CHECK(folder.names() == Lines{"x.log"});
  logger.info(std::string(1000, 'x'));  // an eighth of the size
  logger.info("later");
  CHECK(folder.lines() == Lines{"later"});
}

TEST_CASE("trying again pushes no old file out") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines, 3));
  for (char line = 'a'; line < 'i'; ++line) {
    logger.info(std::string(1, line));
  }
  // In the place of a file that cannot be renamed: one with a folder behind it that is in the way.
  fs::remove(folder.path("x.log.2"));
  fs::remove(folder.path("x.log.3"));
  fs::create_directories(folder.path("x.log.3") / "in the way");
  std::ofstream(folder.path("x.log.2")) << "old";
  for (char line = 'i'; line < 'q'; ++line) {
    logger.info(std::string(1, line));
  }
  CHECK(folder.content("x.log.2") == "old");
  CHECK(folder.lines("x.log.1") == Lines{"e", "f"});
  CHECK(folder.lines().size() == 2 + 8 + 1);
}

TEST_CASE("a gap in the old files is filled first") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines, 3));
  for (char line = 'a'; line < 'i'; ++line) {
    logger.info(std::string(1, line));
  }
  fs::remove(folder.path("x.log.2"));  // as if it had been archived
  logger.info("i");
  CHECK(folder.lines("x.log.3") == Lines{"a", "b"});
  CHECK(folder.lines("x.log.2") == Lines{"e", "f"});
  CHECK(folder.lines("x.log.1") == Lines{"g", "h"});
}

TEST_CASE("after logrotate has renamed the file, lines go to the new one when told so") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings());
  logger.info("a");
  logger.reopen();
  fs::rename(folder.path("x.log"), folder.path("x.log-20260102"));
  logger.info("b");
  logger.reopen();
  logger.info("c");
  CHECK(folder.lines("x.log-20260102") == Lines{"a", "b"});
  CHECK(folder.lines() == Lines{"c"});
}

TEST_CASE("a file that somebody else has moved aside is not moved a second time") {
  const LogFolder folder;
  const WrittenLog logger(folder.settings(two_lines));
  logger.info("a");
  logger.info("b");
  fs::rename(folder.path("x.log"), folder.path("elsewhere"));
  std::ofstream(folder.path("x.log"), std::ios::binary) << "";
  logger.info("c");
  CHECK(folder.lines() == Lines{"c"});
  CHECK(folder.names() == Lines{"elsewhere", "x.log"});
}

TEST_CASE("Loggers of one file share it, whatever they call it") {
  const LogFolder folder;
  const WrittenLog one(folder.settings(two_lines));
  Settings settings = folder.settings(two_lines);
  settings.file =
      folder.path(".").string() + "/../" + folder.path("").parent_path().filename().string() + "/x.log";
  const WrittenLog other(settings);
  for (char line = 'a'; line < 'f'; ++line) {
    (line % 2 == 0 ? one : other).info(std::string(1, line));
  }
  CHECK(folder.lines("x.log.2") == Lines{"a", "b"});
  CHECK(folder.lines("x.log.1") == Lines{"c", "d"});
  CHECK(folder.lines() == Lines{"e"});
}

TEST_CASE("of one file, the limits of the Logger that was first hold, and the other says so") {
  const LogFolder folder;
  const WrittenLog one(folder.settings(0, 3), "one");
  const WrittenLog same(folder.settings(0, 3), "same");
  CHECK(folder.lines().empty());
  const WrittenLog other(folder.settings(0, 4), "other");
  REQUIRE(folder.lines().size() == 1);
  CHECK(folder.lines()[0].starts_with("other: another service has the same log file with other limits"));
}

TEST_CASE("lines of several threads stay whole and are all there") {
  const LogFolder folder;
  auto logger = Logger::open("", folder.settings(1000, 100)).value();
  const auto write = [&](char c) {
    for (int i = 0; i < 200; ++i) {
      logger->info(std::string(5, c));
    }
  };
  std::thread other([&] { write('b'); });
  write('a');
  other.join();
  logger.reset();  // the last one of a file writes what is left
  std::size_t count = 0;
  for (const std::string& name : folder.names()) {
    for (const std::string& line : folder.lines(name)) {
      CHECK((line == "aaaaa" || line == "bbbbb"));
      ++count;
    }
  }
  CHECK(count == 400);
}
