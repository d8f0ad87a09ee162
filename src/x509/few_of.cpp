#include "persona/x509/few_of.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace persona::x509 {

std::string few_of(const std::vector<std::string>& names) {
  constexpr std::size_t most_shown = 3;
  const std::size_t shown = std::min(most_shown, names.size());
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
  if (names.size() > shown) {
    text += fmt::format(" and {} more", names.size() - shown);
  }
  return text;
}

}  // namespace persona::x509
