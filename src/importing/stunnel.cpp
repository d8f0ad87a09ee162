#include "persona/importing/stunnel.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "draft.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "stunnel_options.hpp"

namespace persona::importing {

namespace {

constexpr std::size_t longest_file_name = 60;  // a service's name may have 64

/// A name for the file and the service, from what stands in brackets.
std::string file_name_of(std::string_view section, std::set<std::string>& taken) {
  std::string name;
  for (const char c : section) {
    const bool is_fine = is_letter_or_digit(c) || c == '-' || c == '_' || (c == '.' && !name.empty());
    if (is_fine || (!name.empty() && name.back() != '-')) {
      name += is_fine ? c : '-';
    }
  }
  name.resize(std::min(name.size(), longest_file_name));
  while (name.ends_with('-') || name.ends_with('.')) {
    name.pop_back();
  }
  name = name.empty() ? "service" : name;
  // On Windows case makes no difference between files.
  std::string unique = name;
  for (int number = 2; !taken.insert(to_lower(unique)).second; ++number) {
    unique = fmt::format("{}-{}", name, number);
  }
  return unique;
}

/// The last one counts, a service's own before the default of all.
bool is_client(Draft& draft, const StunnelLines& lines) {
  bool client = false;
  for (const auto* list : {&lines.global, &draft.section.lines}) {
    for (const StunnelLine& line : *list) {
      if (!equals_ignoring_case(line.option, "client")) {
        continue;
      }
      client = equals_ignoring_case(line.value, "yes");
      if (!client && !equals_ignoring_case(line.value, "no")) {
        draft.refuse(line, "expected yes or no");
      }
    }
  }
  return client;
}

void carry_over(Draft& draft, const StunnelLine& line) {
  const StunnelOption* option = find_stunnel_option(line.option);
  if (option == nullptr) {
    draft.remark(line, Fate::left_out, "persona does not know this option of stunnel's");
  } else {
    option->carry(draft, line, *option);
  }
}

/// Where a name in the file is relative, which it is to another folder now.
void remark_on_folders(Draft& draft, const StunnelLines& lines) {
  const auto look = [&draft](const StunnelLine& line) {
    for (const std::string_view option : {"cert", "key", "CAfile", "CRLfile", "output"}) {
      const bool is_relative = equals_ignoring_case(line.option, option) && !line.value.empty() &&
                               line.value.front() != '/' && !line.value.starts_with("pkcs11:") &&
                               !(line.value.size() > 1 && line.value[1] == ':' && is_letter(line.value[0]));
      if (is_relative) {
        draft.remark(
            line, Fate::changed,
            fmt::format("{} is relative to the folder of the new file, not to where stunnel was started",
                        in_quotes(line.value)));
      }
    }
  };
  std::for_each(lines.global.begin(), lines.global.end(), look);
  std::for_each(draft.section.lines.begin(), draft.section.lines.end(), look);
}

}  // namespace

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::not_needed:
      return "not needed";
    case Fate::changed:
      return "changed";
    case Fate::to_do:
      return "to do";
    case Fate::left_out:
      return "left out";
  }
  return "";
}

bool Imported::is_complete() const {
  return std::none_of(remarks.begin(), remarks.end(), [](const Remark& remark) {
    return remark.fate == Fate::to_do || remark.fate == Fate::left_out;
  });
}

Result<Imported> import_stunnel(const std::filesystem::path& file, Surroundings& surroundings) {
  const auto lines = read_stunnel_lines(file, surroundings);
  if (!lines) {
    return tl::unexpected(lines.error());
  }
  if (lines->services.empty()) {
    return fail(
        ErrorKind::configuration,
        "{} has no [SERVICE]: this is for inetd, under which persona does not run, or no configuration of "
        "stunnel",
        path_text(file));
  }
  Findings findings(*lines);
  Imported imported;
  std::set<std::string> taken;
  for (const StunnelSection& section : lines->services) {
    const std::size_t said_before = findings.size();
    Draft draft(findings, surroundings, section, lines->files[section.header.file]);
    draft.is_client = is_client(draft, *lines);
    for (const StunnelLine& line : lines->global) {
      carry_over(draft, line);
    }
    draft.in_service = true;
    for (const StunnelLine& line : section.lines) {
      carry_over(draft, line);
    }
    remark_on_folders(draft, *lines);
    std::string yaml = yaml_of(draft);
    if (findings.error()) {
      return tl::unexpected(*findings.error());
    }
    if (yaml.empty()) {
      findings.forget_all_but_reasons(said_before, section);
    } else {
      imported.services.push_back({file_name_of(section.header.value, taken), std::move(yaml)});
    }
  }
  imported.remarks = findings.take();
  return imported;
}

}  // namespace persona::importing
