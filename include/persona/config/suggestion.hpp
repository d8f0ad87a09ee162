// "did you mean": the word that was probably meant.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace persona::config {

/// Characters to add, drop, replace or swap with their neighbour to turn one word into the other. Upper and
/// lower case are the same, and so are '-' and '_'.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The closest word that is close enough to be a typing error; empty when there is none.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace persona::config
