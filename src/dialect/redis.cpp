// Redis (RESP 2 and 3): each command is answered, in the order sent, and an answer may be an error.
#include <algorithm>
#include <array>
#include <charconv>

#include "facades.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

namespace {

// As redis-cli and libraries write it, and as a person types it. The rest of the command are arguments.
constexpr std::string_view shutdown_in_array = "$8\r\nSHUTDOWN\r\n";
constexpr std::string_view shutdown_inline = "SHUTDOWN";

// With these a client sets its connection up. Libraries ignore that they fail (older servers do not know
// HELLO or CLIENT SETINFO), and show the error that answers the first command behind them.
constexpr std::array<std::string_view, 6> setting_up = {"AUTH",  "CLIENT",   "COMMAND",
                                                        "HELLO", "READONLY", "SELECT"};
constexpr int most_answers = 64;

struct RedisCommand {
  bool sets_up = false;
  std::size_t size = 0;  ///< 0: it is not whole, or not an array of strings, as libraries send them
};

/// MARK, a number and CRLF; `at` moves behind them.
std::optional<std::size_t> header(std::string_view bytes, std::size_t& at, char mark) {
  const std::size_t end = bytes.find("\r\n", at);
  if (end == std::string_view::npos || bytes[at] != mark) {
    return std::nullopt;
  }
  std::size_t number = 0;
  const auto [stop, error] = std::from_chars(bytes.data() + at + 1, bytes.data() + end, number);
  if (error != std::errc{} || stop != bytes.data() + end || number > Facade::most_kept) {
    return std::nullopt;
  }
  at = end + 2;
  return number;
}

RedisCommand first_command(std::string_view bytes) {
  std::size_t at = 0;
  RedisCommand found;
  const std::optional<std::size_t> parts = header(bytes, at, '*');
  for (std::size_t part = 0; part < parts.value_or(0); ++part) {
    const std::optional<std::size_t> length = header(bytes, at, '$');
    if (!length || bytes.size() - at < *length + 2) {
      return {};
    }
    if (part == 0) {
      found.sets_up = std::any_of(setting_up.begin(), setting_up.end(), [&](std::string_view name) {
        return equals_ignoring_case(name, bytes.substr(at, *length));
      });
    }
    at += *length + 2;
  }
  found.size = parts ? at : 0;
  return found;
}

class Redis final : public FirstExchange {
 private:
  Look look(Buffer& /*kept*/, Buffer& /*answer*/) override { return Look::over; }

  Telling tell(const Regret& regret, Buffer& kept, Buffer& answer) override {
    std::string line = "-ERR " + in_one_line(regret);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    line += "\r\n";
    Telling telling = Telling::waiting;
    while (!kept.empty()) {
      const RedisCommand command = first_command(as_text(kept.view()));
      answer.append(as_bytes(line));
      ++answers_;
      if (!command.sets_up || answers_ == most_answers) {
        telling = Telling::told;
      }
      if (command.size == 0 || answers_ == most_answers) {
        break;
      }
      kept.consume(command.size);
    }
    return telling;
  }

  // Every command has an answer but SHUTDOWN, after which the server is gone: redis-cli would show a sentence
  // as an error.
  Asked asked(ByteView sent) const override {
    std::string_view command = as_text(sent);
    std::string_view quiet = shutdown_inline;
    if (command.starts_with('*')) {
      const std::size_t line = command.substr(0, longest_count).find('\n');
      if (line == std::string_view::npos) {
        return command.size() < longest_count ? Asked::unknown : Asked::session;
      }
      command.remove_prefix(line + 1);
      quiet = shutdown_in_array;
    }
    const std::size_t compared = std::min(command.size(), quiet.size());
    if (!equals_ignoring_case(command.substr(0, compared), quiet.substr(0, compared))) {
      return Asked::session;
    }
    if (compared < quiet.size()) {
      return Asked::unknown;
    }
    const bool ends = quiet == shutdown_in_array || command.size() == compared ||
                      command.find_first_of(" \t\r\n", compared) == compared;
    return ends ? Asked::nothing : Asked::session;
  }

  static constexpr std::size_t longest_count = 16;  // "*1048576\r\n" is the most that the server takes

  int answers_ = 0;
};

}  // namespace

std::unique_ptr<Facade> redis_facade() {
  return std::make_unique<Redis>();
}

}  // namespace persona::dialect
