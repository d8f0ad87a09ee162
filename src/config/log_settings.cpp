#include "log_settings.hpp"

#include <system_error>

#include <fmt/format.h>

#include "file_value.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/size.hpp"
#include "persona/base/text.hpp"
#include "persona/config/load.hpp"

namespace persona::config {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t smallest_file = 4096;
constexpr std::uint64_t most_files = 1000;

/// Nothing for an empty one, and for one that is reported.
std::optional<std::string> read_log_file(const Value& value, const Config& config) {
  const auto text = value.text();
  if (!text || text->empty()) {
    return std::nullopt;
  }
  const fs::path path = resolve(config.file, *text);
  if (const auto problem = log_file_problem(path)) {
    value.error(*problem);
    return std::nullopt;
  }
  return path_text(path);
}

void read_log_rotation(Section& section, log::Settings& settings) {
  const auto size = section.get("max_size");
  if (size) {
    settings.max_size = size->size().value_or(settings.max_size);
    if (settings.max_size > 0 && settings.max_size < smallest_file) {
      size->error(fmt::format("the smallest size is {}; 0B lets the file grow without limit",
                              format_size(smallest_file)));
    }
  }
  const auto files = section.get("max_files");
  if (files) {
    settings.max_files = static_cast<unsigned>(files->integer(1, most_files).value_or(settings.max_files));
  }
  for (const auto& value : {size, files}) {
    if (value && !section.has("file") && !section.has("audit")) {
      value->warning("has no effect without log.file or log.audit");
    }
  }
}

}  // namespace

std::optional<std::string> log_file_problem(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return fmt::format("{} is a folder, expected a file", printable(path_text(path)));
  }
  if (!path.parent_path().empty() && !fs::is_directory(path.parent_path(), ignored)) {
    return fmt::format("no such folder: {}", printable(path_text(path.parent_path())));
  }
  return std::nullopt;
}

void read_log(Section section, Config& config) {
  using log::Level;
  log::Settings& settings = config.log;
  if (const auto value = section.get("level")) {
    const auto word = value->one_of({"debug", "info", "warn", "error"});
    for (const Level level : {Level::debug, Level::info, Level::warn, Level::error}) {
      settings.level = word == log::to_string(level) ? level : settings.level;
    }
  }
  if (const auto value = section.get("format")) {
    const auto word = value->one_of({"text", "json"});
    settings.format = word == "json" ? log::Format::json : log::Format::text;
  }
  if (const auto value = section.get("file")) {
    settings.file = read_log_file(*value, config).value_or("");  // empty: standard error
    config.log_file_mark = value->mark();
  }
  if (const auto value = section.get("connections")) {
    config.log_opens = value->one_of({"both", "close"}) != "close";
  }
  if (const auto value = section.get("audit")) {
    config.audit_file = read_log_file(*value, config).value_or("");
    config.audit_file_mark = value->mark();
  }
  read_log_rotation(section, settings);
  section.finish();
}

}  // namespace persona::config
