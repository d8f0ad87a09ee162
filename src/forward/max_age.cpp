#include "max_age.hpp"

#include <algorithm>

namespace persona::forward {

namespace {

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): of numbers that
// follow each other it makes such that look random, so no connection has to remember one.
std::uint64_t scattered(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

}  // namespace

AgeLimit age_limit(Milliseconds max_age, Places::Number connection) {
  const Milliseconds tenth = max_age / 10;
  const Milliseconds less(
      static_cast<std::int64_t>(scattered(connection) % static_cast<std::uint64_t>(tenth.count() + 1)));
  return {max_age - less, max_age - less + tenth};
}

Milliseconds quiet_moment(Milliseconds max_age) {
  return std::min(Milliseconds(1'000), max_age / 20);
}

}  // namespace persona::forward
