#include "persona/base/size.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "persona/base/text.hpp"

namespace persona {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<Unit, 4> kUnits = {{
    {"GiB", std::uint64_t{1} << 30},
    {"MiB", std::uint64_t{1} << 20},
    {"KiB", std::uint64_t{1} << 10},
    {"B", 1},
}};
constexpr std::uint64_t kLargest = 1024 * kUnits[0].bytes;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The unit meant by MB, mib, m, Mbyte; empty: none. A unit is known by its first letter.
std::string_view meant_by(std::string_view written) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(), [written](const Unit& unit) {
    return lower(unit.name.front()) == lower(written.front());
  });
  return found == kUnits.end() ? "" : found->name;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  std::string_view unit_name = text.substr(digits.size());
  if (digits.empty()) {
    return fail(ErrorKind::configuration, "{} is not a size; write one like 512KiB, 64MiB or 1GiB",
                in_quotes(text));
  }
  if (unit_name.empty()) {
    return fail(ErrorKind::configuration, "{} has no unit; write {}B, or use KiB, MiB or GiB",
                in_quotes(text), digits);
  }
  for (const Unit& unit : kUnits) {
    if (unit_name != unit.name) {
      continue;
    }
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || count > kLargest / unit.bytes) {
      return fail(ErrorKind::configuration, "{} is larger than 1024GiB", in_quotes(text));
    }
    return count * unit.bytes;
  }
  unit_name.remove_prefix(std::min(unit_name.find_first_not_of(' '), unit_name.size() - 1));
  const std::string_view meant = meant_by(unit_name);
  return fail(ErrorKind::configuration, "{} is not a whole number with one of the units B, KiB, MiB, GiB{}",
              in_quotes(text), meant.empty() ? "" : fmt::format("; did you mean {}{}?", digits, meant));
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) {
    return "0B";
  }
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [bytes](const Unit& each) { return bytes % each.bytes == 0; });
  return fmt::format("{}{}", bytes / unit->bytes, unit->name);
}

}  // namespace persona
