// The manual pages, in roff for man(1): persona(1) from the parser's own table, persona.yaml(5) from
// conf/full.yaml.
#pragma once

#include <string>

#include "command_table.hpp"

namespace persona::cli {

/// persona(1).
std::string manual_of_command(const CommandRow& root);

/// persona.yaml(5), from a configuration whose comments say what each key is.
std::string manual_of_configuration(std::string_view yaml);

/// docs/configuration.md: the same in Markdown.
std::string markdown_of_configuration(std::string_view yaml);

/// conf/full.yaml, as it was when this program was built.
std::string_view full_configuration();

}  // namespace persona::cli
