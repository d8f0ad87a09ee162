#include "persona/base/size.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "persona/base/text.hpp"

namespace persona {

namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<SizeUnit, 4> size_units = {{
    {"GiB", std::uint64_t{1} << 30},
    {"MiB", std::uint64_t{1} << 20},
    {"KiB", std::uint64_t{1} << 10},
    {"B", 1},
}};
constexpr std::uint64_t largest = 1024 * size_units[0].bytes;

/// The unit meant by MB, mib, m, Mbyte; empty: none. A unit is known by its first letter.
std::string_view meant_by(std::string_view written) {
  const auto found = std::find_if(size_units.begin(), size_units.end(), [written](const SizeUnit& unit) {
    return to_lower(unit.name.front()) == to_lower(written.front());
  });
  return found == size_units.end() ? "" : found->name;
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
  for (const SizeUnit& unit : size_units) {
    if (unit_name != unit.name) {
      continue;
    }
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || count > largest / unit.bytes) {
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
  const auto unit = std::find_if(size_units.begin(), size_units.end(),
                                 [bytes](const SizeUnit& each) { return bytes % each.bytes == 0; });
  return fmt::format("{}{}", bytes / unit->bytes, unit->name);
}

}  // namespace persona
