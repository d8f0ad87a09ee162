#include "root.hpp"

#include <fmt/format.h>

#include "document.hpp"
#include "encoding.hpp"

namespace persona::config {

std::optional<Node> read_root(const std::filesystem::path& file, std::string_view text,
                              std::string_view smallest, Report& report) {
  if (text.size() > largest_file) {
    report = Report(file, "");
    report.error({}, "the file is larger than 1 MiB");
    return std::nullopt;
  }
  text = without_byte_order_mark(text);
  report = Report(file, text);
  if (!check_encoding(text, report)) {
    return std::nullopt;
  }
  auto root = read_document(text, report);
  if (!root) {
    return std::nullopt;
  }
  if (root->kind == Node::Kind::empty) {
    report.error({}, fmt::format("the file is empty; the smallest one has {}", smallest));
    return std::nullopt;
  }
  if (root->kind != Node::Kind::map) {
    report.error(root->mark,
                 fmt::format("expected keys and values such as \"listen: 127.0.0.1:5432\", found {}",
                             describe(root->kind)));
    return std::nullopt;
  }
  return root;
}

}  // namespace persona::config
