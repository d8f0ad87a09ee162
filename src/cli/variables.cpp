#include "variables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/config/suggestion.hpp"
#include "persona/host/process.hpp"

namespace persona::cli {

void Variables::bind(CLI::App& command, CLI::Option& option, const std::string& name) {
  option.description(fmt::format("{}{}{}]", option.get_description(), variable_mark, name));
  all_.push_back({&command, &option, name});
}

Result<void> Variables::check_names() const {
  constexpr std::size_t typing_error = 2;
  for (const std::string& name : host::environment_names()) {
    if (!name.starts_with("PERSONA_")) {
      continue;
    }
    const auto is_known = [&](const Bound& bound) { return config::edit_distance(name, bound.name) == 0; };
    if (std::any_of(all_.begin(), all_.end(), is_known)) {
      continue;
    }
    const auto is_meant = [&](const Bound& bound) {
      return config::edit_distance(name, bound.name) <= typing_error;
    };
    const auto meant = std::find_if(all_.begin(), all_.end(), is_meant);
    if (meant != all_.end()) {
      return fail(ErrorKind::configuration,
                  "the environment has {}, which persona does not know; did you mean {}?", printable(name),
                  meant->name);
    }
  }
  return {};
}

Result<void> Variables::apply() const {
  const auto is_used = [](const Bound& bound) { return bound.command->parsed(); };
  if (std::none_of(all_.begin(), all_.end(), is_used)) {
    return {};
  }
  if (auto good = check_names(); !good) {
    return good;
  }
  for (const Bound& bound : all_) {
    const auto value = is_used(bound) ? host::environment_variable(bound.name) : std::nullopt;
    if (!value || value->empty() || bound.option->count() > 0) {
      continue;
    }
    try {
      bound.option->add_result(*value);
      bound.option->run_callback();
    } catch (const CLI::ParseError&) {
      // What it says names the option, not where the value is.
      return fail(ErrorKind::configuration, "the environment has {}={}, expected {}", bound.name,
                  in_quotes(*value), bound.option->get_type_name());
    }
  }
  return {};
}

}  // namespace persona::cli
