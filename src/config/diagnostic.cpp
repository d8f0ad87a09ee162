#include "persona/config/diagnostic.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::config {

namespace {

constexpr std::size_t most_shown = 100;     // findings
constexpr std::size_t widest_line = 120;    // characters of a source line
constexpr std::size_t context_before = 60;  // of a place further right

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string shown(std::string_view part) {
  std::string text(part);
  std::replace(text.begin(), text.end(), '\t', ' ');  // a tab would put the caret in the wrong column
  return printable(text);
}

std::string_view drop(std::string_view text, std::size_t count) {
  return text.substr(utf8_prefix(text, count).size());
}

// The line and the caret under the place; of a long line only the part around it.
void append_source(std::string& out, std::string_view line, const Diagnostic& found) {
  auto column = static_cast<std::size_t>(std::max(found.mark.column, 1)) - 1;
  column = std::min(column, utf8_length(line));
  std::string_view ellipsis_before;
  if (column > widest_line - context_before && utf8_length(line) > widest_line) {
    line = drop(line, column - context_before);
    column = context_before;
    ellipsis_before = "...";
  }
  const bool cut = utf8_length(line) > widest_line;
  line = utf8_prefix(line, widest_line);

  const std::string_view before = utf8_prefix(line, column);
  const std::string_view rest = line.substr(before.size());
  const std::string_view marked = utf8_prefix(rest, static_cast<std::size_t>(std::max(found.length, 1)));
  const std::size_t indent = ellipsis_before.size() + utf8_length(shown(before));
  const std::size_t width = std::max<std::size_t>(utf8_length(shown(marked)), 1);
  const std::string number = fmt::format("{}", found.mark.line);
  fmt::format_to(std::back_inserter(out), "  {} | {}{}{}\n", number, ellipsis_before, shown(line),
                 cut ? "..." : "");
  fmt::format_to(std::back_inserter(out), "  {:{}} | {:{}}^{:~>{}}\n", "", number.size(), "", indent, "",
                 width - 1);
}

}  // namespace

Report::Report(std::filesystem::path file, std::string_view text)
    : file_(std::move(file)), lines_(split_lines(text)) {}

void Report::error(Mark mark, std::string message, int length) {
  diagnostics_.push_back({Diagnostic::Severity::error, mark, length, std::move(message)});
}

void Report::warning(Mark mark, std::string message, int length) {
  diagnostics_.push_back({Diagnostic::Severity::warning, mark, length, std::move(message)});
}

bool Report::has_errors() const {
  return std::any_of(diagnostics_.begin(), diagnostics_.end(),
                     [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

std::string Report::sentence(const Diagnostic& found) const {
  const bool is_warning = found.severity == Diagnostic::Severity::warning;
  return fmt::format("{}:{}:{}: {}{}", printable(path_text(file_)), std::max(found.mark.line, 1),
                     std::max(found.mark.column, 1), is_warning ? "warning: " : "", found.message);
}

std::string Report::render() const {
  std::vector<const Diagnostic*> sorted;
  sorted.reserve(diagnostics_.size());
  for (const Diagnostic& diagnostic : diagnostics_) {
    sorted.push_back(&diagnostic);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* left, const Diagnostic* right) {
    return std::tie(left->mark.line, left->mark.column) < std::tie(right->mark.line, right->mark.column);
  });
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), most_shown); ++i) {
    const Diagnostic& found = *sorted[i];
    out += sentence(found);
    out += '\n';
    const auto index = static_cast<std::size_t>(std::max(found.mark.line, 0));
    if (index > 0 && index <= lines_.size()) {
      append_source(out, lines_[index - 1], found);
    }
  }
  if (sorted.size() > most_shown) {
    fmt::format_to(std::back_inserter(out), "{}: {} more\n", printable(path_text(file_)),
                   sorted.size() - most_shown);
  }
  return out;
}

}  // namespace persona::config
