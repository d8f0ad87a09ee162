// Time, the log, and what only says something.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/text.hpp"

namespace persona::importing::carry {

namespace {

constexpr std::uint32_t longest_timeout = 315'360'000;  // ten years: the most that a duration may be

std::uint32_t seconds(const Draft& draft, Line line) {
  return number(draft, line, "seconds", longest_timeout);
}

}  // namespace

bool is_yes(const Draft& draft, Line line) {
  const bool yes = equals_ignoring_case(line.value, "yes");
  if (!yes && !equals_ignoring_case(line.value, "no")) {
    draft.refuse(line, fmt::format("expected yes or no, found {}", in_quotes(utf8_prefix(line.value, 40))));
  }
  return yes;
}

std::uint32_t number(const Draft& draft, Line line, std::string_view what, std::uint32_t most) {
  std::uint32_t value = 0;
  const std::string& text = line.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) {
    draft.refuse(line, fmt::format("expected {} from 0 to {}, found {}", what, most,
                                   in_quotes(utf8_prefix(text, 40))));
    return 0;
  }
  return value;
}

void not_needed(Draft& draft, Line line, Option option) {
  draft.remark(line, Fate::not_needed, std::string(option.words));
}

void left_out(Draft& draft, Line line, Option option) {
  draft.remark(line, Fate::left_out, std::string(option.words));
}

void nothing(Draft&, Line, Option) {}

void left_out_if_yes(Draft& draft, Line line, Option option) {
  if (is_yes(draft, line)) {
    left_out(draft, line, option);
  }
}

void no_configuration(Draft& draft, Line line, Option option) {
  draft.give_up(line, std::string(option.words));
}

void connecting(Draft& draft, Line line, Option) {
  if (const std::uint32_t time = seconds(draft, line); time != 0) {
    draft.connect_timeout.text = fmt::format("{}s", time);
  } else {
    draft.remark(line, Fate::changed, "0 is no time to connect: the default of timeouts.connect is 10s");
  }
}

void busy(Draft& draft, Line line, Option) {
  if (const std::uint32_t time = seconds(draft, line); time != 0) {
    draft.handshake_timeout.text = fmt::format("{}s", time);
    draft.remark(line, Fate::changed, "it is for the handshake alone: timeouts.handshake");
  } else {
    draft.remark(line, Fate::changed, "0 is no time to answer: the default of timeouts.handshake is 10s");
  }
}

void close(Draft& draft, Line line, Option) {
  if (const std::uint32_t time = seconds(draft, line); time != 0) {
    draft.half_close_timeout.text = fmt::format("{}s", time);
    draft.remark(line, Fate::changed,
                 "it is for how long one side may be silent after the other has ended: timeouts.half_close");
  } else {
    draft.remark(line, Fate::changed,
                 "an end without close_notify is always told as an abort: it may be an attacker's");
  }
}

void idle(Draft& draft, Line line, Option) {
  draft.idle_timeout.text = fmt::format("{}s", seconds(draft, line));
  if (draft.idle_timeout.text == "0s") {
    draft.remark(line, Fate::changed, "0s is no limit");
  }
}

void debug(Draft& draft, Line line, Option) {
  constexpr std::string_view words[] = {"emerg",   "alert",  "crit", "err",
                                        "warning", "notice", "info", "debug"};
  constexpr std::string_view levels[] = {"error", "error", "error", "error", "warn", "info", "info", "debug"};
  std::string level = to_lower(line.value);
  if (const std::size_t dot = level.find('.'); dot != std::string::npos) {
    level.erase(0, dot + 1);
    draft.remark(line, Fate::not_needed, "there are no facilities");
  }
  const auto* found = std::find(std::begin(words), std::end(words), level);
  std::size_t index = static_cast<std::size_t>(found - std::begin(words));
  if (level.size() == 1 && level[0] >= '0' && level[0] <= '7') {
    index = static_cast<std::size_t>(level[0] - '0');
  }
  if (index == std::size(words)) {
    draft.refuse(line, fmt::format("expected a level from 0 to 7 or a word such as info, found {}",
                                   in_quotes(utf8_prefix(line.value, 40))));
    return;
  }
  draft.log_level = levels[index];
}

void output(Draft& draft, Line line, Option) {
  const std::string& file = line.value;
  if (file.starts_with("/dev/std")) {
    draft.log_file.clear();
    draft.remark(line, Fate::not_needed, "without log.file the log goes to standard error");
  } else {
    draft.log_file = file;
  }
}

void reset(Draft& draft, Line line, Option option) {
  if (!is_yes(draft, line)) {
    draft.remark(line, Fate::changed, std::string(option.words));
  }
}

void chroot(Draft& draft, Line line, Option) {
  draft.chroot = line.value;
  while (draft.chroot.ends_with('/')) {
    draft.chroot.pop_back();
  }
  draft.remark(line, Fate::not_needed,
               "persona shuts itself in as it starts (sandbox); no file has to be copied anywhere");
}

}  // namespace persona::importing::carry
