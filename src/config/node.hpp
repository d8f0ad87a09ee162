// A YAML document as a plain tree, so that only document.cpp knows which library read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persona/config/diagnostic.hpp"

namespace persona::config {

struct Entry;

struct Node {
  enum class Kind { empty, scalar, list, map };

  Kind kind = Kind::empty;
  Mark mark;
  int length = 1;              ///< characters to underline
  std::string text;            ///< scalar
  std::vector<Node> items;     ///< list
  std::vector<Entry> entries;  ///< map: in the order of the file, duplicates included
};

struct Entry {
  Node key;
  Node value;
};

/// "a list": for messages.
std::string_view describe(Node::Kind kind);

}  // namespace persona::config
