// YAML of which people will read every line.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/text.hpp"

namespace persona::importing {

/// A scalar, in quotes unless it needs none.
std::string scalar(std::string_view text);

template <class List>
std::string flow(const List& list) {
  std::string text;
  for (const auto& item : list) {
    text += (text.empty() ? "" : ", ") + scalar(item);
  }
  return '[' + text + ']';
}

/// One is itself, several are a list.
template <class List>
std::string one_or_list(const List& list) {
  return list.size() == 1 ? scalar(list.front()) : flow(list);
}

/// The map of one section: nothing is written of one without keys.
class Block {
 public:
  /// `value` is YAML. A `to_do` becomes a comment beside it.
  void add(std::string_view key, std::string_view value, std::string_view to_do = {});
  void add_unless_empty(std::string_view key, std::string_view text);  ///< as a scalar
  std::string under(std::string_view name) const;

 private:
  std::string text_;
};

}  // namespace persona::importing
