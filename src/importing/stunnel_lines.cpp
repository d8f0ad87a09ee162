#include "stunnel_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::importing {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_service_name = 256;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string_view stripped(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// What keeps a line from being text; empty: nothing does.
std::string_view oddity_of(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = utf8_sequence_length(line.substr(at));
    if (length == 0) {
      return "this is not text in UTF-8; convert the file, for example with iconv -f latin1 -t utf-8";
    }
    if (static_cast<unsigned char>(line[at]) < 0x20 && line[at] != '\t' && line[at] != '\r') {
      return "this is not text: is it a stunnel configuration?";
    }
    at += length;
  }
  return {};
}

class LineReader {
 public:
  explicit LineReader(Surroundings& surroundings) : surroundings_(surroundings) {}

  Result<void> read(const fs::path& file, int depth) {
    if (lines_.files.size() == most_stunnel_files) {
      return fail(ErrorKind::configuration, "{}: with what it includes there are more than {} files",
                  path_text(lines_.files.front()), most_stunnel_files);
    }
    auto text = surroundings_.read(file);
    if (!text) {
      return tl::unexpected(text.error());
    }
    lines_.files.push_back(file);
    const std::size_t index = lines_.files.size() - 1;
    std::string_view rest = *text;
    rest.remove_prefix(rest.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (auto read = read_line(line, {{}, {}, index, number}, depth); !read) {
        return read;
      }
    }
    return {};
  }

  StunnelLines take() { return std::move(lines_); }

 private:
  Result<void> refuse(const StunnelLine& place, std::string_view why) const {
    return fail(ErrorKind::configuration, "{}: {}", lines_.place_of(place), why);
  }

  Result<void> read_line(std::string_view text, StunnelLine line, int depth) {
    if (const std::string_view oddity = oddity_of(text); !oddity.empty()) {
      return refuse(line, oddity);
    }
    text = stripped(text);
    if (text.empty() || text.front() == ';' || text.front() == '#') {
      return {};
    }
    if (++count_ > most_stunnel_lines) {
      return refuse(line, fmt::format("there are more than {} options before this one", most_stunnel_lines));
    }
    return text.front() == '[' ? read_header(text, std::move(line))
                               : read_option(text, std::move(line), depth);
  }

  Result<void> read_header(std::string_view text, StunnelLine line) {
    if (!text.ends_with(']')) {
      return refuse(line, "the name of a service ends with a bracket, as in [postgresql]");
    }
    line.value = text.substr(1, text.size() - 2);
    if (line.value.size() > longest_service_name) {
      return refuse(line, fmt::format("a name of more than {} bytes", longest_service_name));
    }
    if (lines_.services.size() == most_stunnel_services) {
      return refuse(line, fmt::format("there are more than {} services", most_stunnel_services));
    }
    lines_.services.push_back({std::move(line), {}});
    return {};
  }

  Result<void> read_option(std::string_view text, StunnelLine line, int depth) {
    const std::size_t equals = text.find('=');
    line.option = stripped(text.substr(0, equals));
    if (equals == std::string_view::npos || line.option.empty()) {
      return refuse(line, fmt::format("expected OPTION = VALUE or [SERVICE], found {}",
                                      in_quotes(utf8_prefix(text, 60))));
    }
    line.value = stripped(text.substr(equals + 1));
    if (equals_ignoring_case(line.option, "include")) {
      return include(line, depth);
    }
    auto& lines = lines_.services.empty() ? lines_.global : lines_.services.back().lines;
    lines.push_back(std::move(line));
    return {};
  }

  Result<void> include(const StunnelLine& line, int depth) {
    if (depth == deepest_include) {
      return refuse(line, fmt::format("files include each other more than {} deep: a folder that includes "
                                      "itself?",
                                      deepest_include));
    }
    // As stunnel has it, a name is relative to where it is started; where that was is not known here.
    fs::path folder = path_from_text(line.value);
    if (folder.is_relative()) {
      folder = lines_.files[line.file].parent_path() / folder;
    }
    const auto files = surroundings_.files_of(folder);
    if (!files) {
      return refuse(line, files.error().message);
    }
    for (const fs::path& file : *files) {
      if (auto read_it = read(file, depth + 1); !read_it) {
        return read_it;
      }
    }
    return {};
  }

  Surroundings& surroundings_;
  StunnelLines lines_;
  std::size_t count_ = 0;
};

}  // namespace

std::string StunnelLines::place_of(const StunnelLine& line) const {
  return fmt::format("{}:{}", path_text(files[line.file]), line.number);
}

Result<StunnelLines> read_stunnel_lines(const fs::path& file, Surroundings& surroundings) {
  LineReader reader(surroundings);
  if (auto read = reader.read(file, 0); !read) {
    return tl::unexpected(read.error());
  }
  return reader.take();
}

}  // namespace persona::importing
