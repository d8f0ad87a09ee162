// persona.yaml(5) and docs/configuration.md: each key of conf/full.yaml with what its comment says.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "manual.hpp"
#include "roff.hpp"

namespace persona::cli {

namespace {

constexpr std::size_t column_of_comments =
    10;  // a line that is a comment from here on goes on with the last one

/// One line of YAML, commented out or not.
struct YamlLine {
  std::size_t indent = 0;
  std::string_view code;     ///< without its comment and the blanks around it
  std::string_view comment;  ///< without its '#'
  bool goes_on = false;      ///< the comment is the rest of the one before
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  const auto last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// "key: value" or "key:", also behind "- "; the key, or nothing.
std::string_view key_of(std::string_view code) {
  code = code.starts_with("- ") ? code.substr(2) : code;
  const auto colon = code.find(':');
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const std::string_view key = code.substr(0, colon);
  const bool is_key = colon != std::string_view::npos && !key.empty() &&
                      std::all_of(key.begin(), key.end(), is_letter) &&
                      (colon + 1 == code.size() || code[colon + 1] == ' ');
  return is_key ? key : std::string_view();
}

/// A '#' begins a comment only behind a blank.
std::size_t comment_in(std::string_view line) {
  const auto found = line.find(" #");
  return found == std::string_view::npos ? line.size() : found;
}

YamlLine read_line(std::string_view line) {
  YamlLine read;
  read.indent = std::min(line.find_first_not_of(' '), line.size());
  std::string_view rest = trimmed(line);
  if (rest.starts_with('#')) {
    rest.remove_prefix(1);
    if (trimmed(rest).starts_with('#')) {  // of a key that is commented out itself
      read.comment = trimmed(trimmed(rest).substr(1));
      read.goes_on = true;
      return read;
    }
    const std::string_view inside = trimmed(rest.substr(0, comment_in(trimmed(rest)) + 1));
    if (read.indent >= column_of_comments || key_of(inside).empty()) {
      read.comment = trimmed(rest);
      read.goes_on = read.indent >= column_of_comments;
      return read;
    }
    // Commented out: as far to the right as it would be without its "# ".
    read.indent += std::min(rest.find_first_not_of(' '), rest.size()) - 1;
    rest = trimmed(rest);
  }
  const std::size_t comment = comment_in(rest);
  read.code = trimmed(rest.substr(0, comment));
  read.comment = comment < rest.size() ? trimmed(rest.substr(comment + 2)) : std::string_view();
  return read;
}

/// A key with its example or default, and all that is said of it.
struct YamlEntry {
  std::string key;  ///< "tls.min_version"; empty: a remark between keys
  std::string value;
  std::string words;
};

class YamlEntries {
 public:
  void add(std::string_view text) {
    const YamlLine line = read_line(text);
    const std::string_view key = key_of(line.code);
    if (!key.empty()) {
      add_key(line, std::string(key));
    } else if (line.goes_on || !line.code.empty()) {
      go_on(line);
    } else if (!line.comment.empty()) {
      if (all_.empty() || !all_.back().key.empty()) {
        all_.push_back({});
      }
      append(all_.back().words, line.comment, " ");
    }
  }

  const std::vector<YamlEntry>& all() const { return all_; }

 private:
  struct Parent {
    std::size_t indent;
    std::string key;
  };

  static void append(std::string& text, std::string_view more, std::string_view between) {
    if (!more.empty()) {
      text += text.empty() ? "" : std::string(between);
      text += more;
    }
  }

  void add_key(const YamlLine& line, const std::string& key) {
    const std::size_t indent = line.indent + (line.code.starts_with("- ") ? 2 : 0);
    while (!parents_.empty() && parents_.back().indent >= indent) {
      parents_.pop_back();
    }
    const std::string path = parents_.empty() ? key : parents_.back().key + '.' + key;
    parents_.push_back({indent, path});
    const std::string_view value = trimmed(line.code.substr(line.code.find(':') + 1));
    all_.push_back({path, std::string(value), std::string(line.comment)});
  }

  /// An item of a list, or the rest of a comment.
  void go_on(const YamlLine& line) {
    if (all_.empty()) {
      return;
    }
    const std::string_view item = line.code.starts_with("- ") ? line.code.substr(2) : line.code;
    append(all_.back().value, item, ", ");
    append(all_.back().words, line.comment, line.code.empty() ? " " : "; ");
  }

  std::vector<YamlEntry> all_;
  std::vector<Parent> parents_;
};

std::vector<YamlEntry> entries_of(std::string_view yaml) {
  YamlEntries entries;
  while (!yaml.empty()) {
    const std::string_view line = yaml.substr(0, yaml.find('\n'));
    yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
    entries.add(line);
  }
  return entries.all();
}

constexpr std::string_view what_a_file_is =
    "YAML, one service in each file. Every key is below with an example or its default; maps are written "
    "with dots, so "
    "tls.min_version is the key min_version of the map tls. Anything wrong is told by persona check, with "
    "its place.";

std::string words_of(const YamlEntry& entry) {
  return entry.words.empty() && entry.value.empty() ? "The keys below it." : entry.words;
}

/// Text in a cell of a table: nothing in it is markup.
std::string in_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (std::string_view("|<>*_`[]\\").find(c) != std::string_view::npos) {
      cell += '\\';
    }
    cell += c;
  }
  return cell;
}

/// Code in a cell: a bar would end the cell even there.
std::string code_in_cell(std::string_view code) {
  std::string cell;
  for (const char c : code) {
    cell += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return cell.empty() ? cell : '`' + cell + '`';
}

}  // namespace

std::string_view full_configuration() {
  static constexpr std::string_view text =
#include "full_configuration.inc"
      ;
  return text;
}

std::string manual_of_configuration(std::string_view yaml) {
  roff::Page page("PERSONA.YAML", 5);
  page.section("NAME");
  page.raw("persona.yaml \\- configuration of a service of persona");
  page.section("DESCRIPTION");
  page.paragraph(std::string(what_a_file_is));
  page.section("KEYS");
  for (const YamlEntry& entry : entries_of(yaml)) {
    if (entry.key.empty()) {
      page.paragraph(entry.words);
      continue;
    }
    std::string term = roff::bold(entry.key) + ':';
    term += entry.value.empty() ? "" : ' ' + roff::escaped(entry.value);
    page.entry(term, words_of(entry));
  }
  page.section("SEE ALSO");
  page.raw("\\fBpersona\\fR(1)");
  return page.text();
}

std::string markdown_of_configuration(std::string_view yaml) {
  std::string page = fmt::format("# Configuration\n\n{}", what_a_file_is);
  std::string section;
  std::string remark;  // on what follows it
  for (const YamlEntry& entry : entries_of(yaml)) {
    if (entry.key.empty() && section.empty()) {
      page += fmt::format(" {}\n", entry.words);
      continue;
    }
    if (entry.key.empty()) {
      remark = entry.words;
      continue;
    }
    const std::string root = entry.key.substr(0, entry.key.find('.'));
    if (root != section) {
      section = root;
      page += fmt::format("\n## {}\n\n{}{}| key | example or default | what it is |\n|---|---|---|\n", root,
                          in_cell(remark), remark.empty() ? "" : "\n\n");
      remark.clear();
    }
    const std::string between = remark.empty() || entry.words.empty() ? "" : " ";
    const std::string words = remark.empty() ? words_of(entry) : entry.words;
    page += fmt::format("| {} | {} | {}{}{} |\n", code_in_cell(entry.key), code_in_cell(entry.value),
                        in_cell(words), between, in_cell(remark));
    remark.clear();
  }
  return page;
}

}  // namespace persona::cli
