#include "persona/config/suggestion.hpp"

#include <algorithm>

#include "persona/base/text.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest_word = 64;

char folded(char c) {
  return c == '-' ? '_' : to_lower(c);
}

}  // namespace

// Optimal string alignment: Levenshtein's rows, and one more for the swaps.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t columns = right.size() + 1;
  std::vector<std::size_t> before_last(columns);
  std::vector<std::size_t> last(columns);
  std::vector<std::size_t> row(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j < columns; ++j) {
      const char l = folded(left[i - 1]);
      const char r = folded(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (l == r ? 0U : 1U)});
      if (i > 1 && j > 1 && l == folded(right[j - 2]) && folded(left[i - 2]) == r) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::string_view closest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  if (word.size() > longest_word || word.find_first_not_of("0123456789.") == std::string_view::npos) {
    return best;  // a number is not misspelt
  }
  std::size_t best_distance = word.size() / 3 + 1;  // one typing error for every three letters
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance ||
        (distance == best_distance && best.empty() && distance < candidate.size() / 2)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace persona::config
