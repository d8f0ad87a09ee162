#include "persona/base/log.hpp"

#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include "base/log_destination.hpp"

using persona::log::Fields;
using persona::log::Format;
using persona::log::Level;
using persona::log::Logger;
using persona::log::Settings;

namespace {

// The line without its 25 characters of timestamp and space.
std::string text_line(std::string service, std::string_view message, const Fields& fields = {},
                      Level level = Level::info) {
  std::string line;
  Logger::to_function(std::move(service), {}, [&](std::string_view l) {
    line = l;
  })->write(level, message, fields);
  REQUIRE(line.size() > 25);
  CHECK(line[10] == 'T');
  CHECK(line.substr(23, 2) == "Z ");
  return line.substr(25);
}

std::string json_line(std::string_view message, const Fields& fields = {}) {
  std::string line;
  Settings settings;
  settings.format = Format::json;
  Logger::to_function("pg", settings, [&](std::string_view l) {
    line = l;
  })->write(Level::warn, message, fields);
  const std::size_t time = line.find("Z\",");
  REQUIRE(time != std::string::npos);
  CHECK(line.starts_with("{\"time\":\"2"));
  return line.substr(time + 3);
}

}  // namespace

TEST_CASE("a text line has time, level, service, message and fields") {
  const std::size_t bytes = 12;
  CHECK(text_line("postgres", "connection closed",
                  {{"id", 17}, {"reason", "local_closed"}, {"up", bytes}, {"resumed", false}, {"ms", 1.5}}) ==
        "info  postgres: connection closed id=17 reason=local_closed up=12 resumed=false ms=1.5");
  CHECK(text_line("", "started", {}, Level::error) == "error started");
}

TEST_CASE("values that could be taken for something else are quoted") {
  CHECK(text_line("", "m", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "say \"hi\""}, {"e", "a\\b"}}) ==
        "info  m a=\"\" b=\"x y\" c=\"k=v\" d=\"say \\\"hi\\\"\" e=\"a\\\\b\"");
}

TEST_CASE("a peer can neither forge a line nor move the cursor") {
  CHECK(text_line("", "m", {{"subject", "x\n2026 info forged\x1b[2J"}}) ==
        "info  m subject=\"x\\n2026 info forged\\u001b[2J\"");
  CHECK(text_line("", "bad\r\nname", {{"v", "\xff\xc2\x9b"}}) == "info  bad\\r\\nname v=\"\\xff\\u009b\"");
}

TEST_CASE("a JSON line is one ASCII object with its keys in order") {
  CHECK(json_line("closed", {{"id", std::uint16_t{7}}, {"ms", 0.25}, {"ok", true}, {"who", "a\nb"}}) ==
        R"("level":"warn","service":"pg","message":"closed","id":7,"ms":0.25,"ok":true,"who":"a\nb"})");
  CHECK(json_line("\xff\x1b\xc2\x9b") == R"("level":"warn","service":"pg","message":"\ufffd\u001b\u009b"})");
}

TEST_CASE("a field cannot replace a key of the line") {
  CHECK(json_line("m", {{"level", "fatal"}}) == R"("level":"warn","service":"pg","message":"m"})");
}

TEST_CASE("a line for the Event Log has neither time nor level, nor what it would take for an insertion") {
  struct EventLog final : persona::log::Destination {
    EventLog() : Destination(persona::log::Reader::event_log) {}
    void put(Level, std::string text) override { line = std::move(text); }
    std::string line;
  };
  const auto log = std::make_shared<EventLog>();
  Settings settings;
  Logger("pg", settings, log).warn("closed", {{"client", "fe80::1%12"}, {"id", 7}});
  CHECK(log->line == "pg: closed client=fe80::1%12 id=7");  // event_text() sees to the rest
  Logger("", settings, log).warn("ready");
  CHECK(log->line == "ready");
  settings.format = Format::json;
  Logger("pg", settings, log).warn("closed", {{"client", "fe80::1%12"}, {"id", 7}});
  CHECK(log->line == R"({"service":"pg","message":"closed","client":"fe80::1\u002512","id":7})");
}

TEST_CASE("a line for journald has a prefix for its level instead of the time; JSON is as ever") {
  struct Journal final : persona::log::Destination {
    Journal() : Destination(persona::log::Reader::journal) {}
    void put(Level, std::string text) override { line = std::move(text); }
    std::string line;
  };
  const auto log = std::make_shared<Journal>();
  Settings settings;
  settings.level = Level::trace;
  Logger logger("pg", settings, log);
  for (const auto& [level, expected] :
       {std::pair(Level::error, "<3>error pg: m id=7"), std::pair(Level::warn, "<4>warn  pg: m id=7"),
        std::pair(Level::info, "<6>info  pg: m id=7"), std::pair(Level::debug, "<7>debug pg: m id=7"),
        std::pair(Level::trace, "<7>trace pg: m id=7")}) {
    logger.write(level, "m", {{"id", 7}});
    CHECK(log->line == expected);
  }
  settings.format = Format::json;
  Logger("pg", settings, log).warn("m");
  CHECK(log->line.starts_with("{\"time\":\"2"));
  CHECK(log->line.ends_with(R"("level":"warn","service":"pg","message":"m"})"));
}

TEST_CASE("lines below the level are not written") {
  int lines = 0;
  Settings settings;
  settings.level = Level::warn;
  const auto logger = Logger::to_function("", settings, [&](std::string_view) { ++lines; });
  logger->info("no");
  logger->warn("yes");
  logger->error("yes");
  logger->write(Level::off, "no");
  CHECK(lines == 2);
  CHECK(!logger->enabled(Level::info));
}

TEST_CASE("a destination that fails does not fail the writer") {
  const auto logger =
      Logger::to_function("", {}, [](std::string_view) { throw std::runtime_error("disk full"); });
  CHECK_NOTHROW(logger->info("m", {{"nan", std::numeric_limits<double>::quiet_NaN()}}));
}

TEST_CASE("the level can be changed while it runs") {
  int lines = 0;
  const auto logger = Logger::to_function("", {}, [&lines](std::string_view) { ++lines; });
  logger->debug("not seen");
  logger->set_level(Level::debug);
  logger->debug("seen");
  logger->set_level(Level::off);
  logger->error("not seen");
  CHECK(lines == 1);
}
