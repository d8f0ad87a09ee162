#include "config_folder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "persona/config/load.hpp"
#include "prepare.hpp"

namespace persona::cli {

namespace {

std::vector<std::string> errors_of(const config::Report& report) {
  std::vector<std::string> errors;
  for (const config::Diagnostic& found : report.diagnostics()) {
    if (found.severity == config::Diagnostic::Severity::error) {
      errors.push_back(report.sentence(found));
    }
  }
  return errors;
}

/// `names`: those in use, and by which file.
void open(NewFile& added, Prepared prepared, const std::map<std::string, std::filesystem::path>& names) {
  if (const auto first = names.find(prepared.config.name);
      first != names.end() && !prepared.config.name.empty()) {
    prepared.report.error({}, fmt::format("the service name \"{}\" is taken by {}: set another with `name`",
                                          first->first, first->second.string()));
  }
  added.errors = errors_of(prepared.report);
  if (!added.errors.empty()) {
    return;
  }
  if (prepared.digest.empty()) {
    added.unsettled = true;
    added.errors.push_back(fmt::format("{}: it changes while it is read, and is looked at again",
                                       prepared.config.file.string()));
    return;
  }
  auto plan = forward::plan_listening(prepared.config);
  if (!plan) {
    added.errors.push_back(plan.error().message);
    return;
  }
  auto opened = open_service(std::move(prepared));
  if (!opened) {
    added.errors.push_back(opened.error().message);
    return;
  }
  added.listen = std::move(*plan);
  added.opened = std::move(*opened);
}

}  // namespace

FolderContents look_into(const std::filesystem::path& folder, const Running& running,
                         const Overrides& overrides) {
  FolderContents contents;
  net::add_place_of_all(contents.places, folder, ".yaml");
  auto files = config::find_files(folder);
  if (!files) {
    contents.trouble = files.error().message;
    return contents;
  }
  contents.files = std::move(*files);
  std::map<std::string, std::filesystem::path> names;
  for (const auto& file : contents.files) {
    if (const auto known = running.find(file); known != running.end()) {
      names.emplace(known->second, file);
    }
  }
  std::vector<std::filesystem::path> needed;
  for (const auto& file : contents.files) {
    if (running.contains(file)) {
      continue;
    }
    Prepared prepared = prepare(file, overrides);
    const std::vector<std::filesystem::path> read = prepared.files;
    NewFile added{file, prepared.config.name, prepared.config.mode, {}, false, {}, {}};
    open(added, std::move(prepared), names);
    if (added.opened) {
      names.emplace(added.name, file);
    } else {
      needed.insert(needed.end(), read.begin(), read.end());
    }
    contents.added.push_back(std::move(added));
  }
  for (auto& [place, seen] : net::places_of(needed)) {
    contents.places[place].insert(seen.begin(), seen.end());
  }
  return contents;
}

}  // namespace persona::cli
