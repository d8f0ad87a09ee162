#include "persona/base/size.hpp"

#include <doctest/doctest.h>

using persona::format_size;
using persona::parse_size;

namespace {

std::string refusal_of_size(std::string_view text) {
  const auto size = parse_size(text);
  return size ? "none" : size.error().message;
}

}  // namespace

TEST_CASE("sizes carry one of four units") {
  CHECK(parse_size("0B").value() == 0);
  CHECK(parse_size("512B").value() == 512);
  CHECK(parse_size("4KiB").value() == 4096);
  CHECK(parse_size("64MiB").value() == 67'108'864);
  CHECK(parse_size("1024GiB").value() == 1'099'511'627'776);
}

TEST_CASE("a size without a unit, or with a strange one, is refused with what was meant") {
  const std::string units = " is not a whole number with one of the units B, KiB, MiB, GiB";
  CHECK(refusal_of_size("64") == "\"64\" has no unit; write 64B, or use KiB, MiB or GiB");
  CHECK(refusal_of_size("0") == "\"0\" has no unit; write 0B, or use KiB, MiB or GiB");
  CHECK(refusal_of_size("big") == "\"big\" is not a size; write one like 512KiB, 64MiB or 1GiB");
  CHECK(refusal_of_size("") == "\"\" is not a size; write one like 512KiB, 64MiB or 1GiB");
  CHECK(refusal_of_size("-1MiB") == "\"-1MiB\" is not a size; write one like 512KiB, 64MiB or 1GiB");
  CHECK(refusal_of_size("64MB") == "\"64MB\"" + units + "; did you mean 64MiB?");
  CHECK(refusal_of_size("64 mib") == "\"64 mib\"" + units + "; did you mean 64MiB?");
  CHECK(refusal_of_size("1g") == "\"1g\"" + units + "; did you mean 1GiB?");
  CHECK(refusal_of_size("7k") == "\"7k\"" + units + "; did you mean 7KiB?");
  CHECK(refusal_of_size("9b") == "\"9b\"" + units + "; did you mean 9B?");
  CHECK(refusal_of_size("1.5MiB") == "\"1.5MiB\"" + units);
  CHECK(refusal_of_size("1 ") == "\"1 \"" + units);
  CHECK(refusal_of_size("1TiB") == "\"1TiB\"" + units);
}

TEST_CASE("a size too large to compute with is refused") {
  CHECK(refusal_of_size("1025GiB") == "\"1025GiB\" is larger than 1024GiB");
  CHECK(refusal_of_size("99999999999999999999B") == "\"99999999999999999999B\" is larger than 1024GiB");
  CHECK(refusal_of_size("18014398509481984KiB") == "\"18014398509481984KiB\" is larger than 1024GiB");
}

TEST_CASE("a size prints in the largest unit that is exact") {
  CHECK(format_size(0) == "0B");
  CHECK(format_size(1023) == "1023B");
  CHECK(format_size(1536) == "1536B");
  CHECK(format_size(2048) == "2KiB");
  CHECK(format_size(67'108'864) == "64MiB");
  CHECK(format_size(std::uint64_t{1} << 40) == "1024GiB");
}
