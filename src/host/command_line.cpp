#include "command_line.hpp"

#include "persona/host/service_name.hpp"

namespace persona::host {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The program is quoted by different rules from what follows: backslashes have no meaning there.
std::string quote_program(std::string_view program) {
  return '"' + std::string(program) + '"';
}

std::string quote_argument(std::string_view argument) {
  if (!argument.empty() && argument.find_first_of(" \t\n\v\"") == std::string_view::npos) {
    return std::string(argument);
  }
  std::string quoted = "\"";
  std::size_t backslashes = 0;
  for (const char c : argument) {
    if (c == '"') {
      quoted.append(backslashes + 1, '\\');  // those before a quote count twice, and one for the quote
    }
    backslashes = c == '\\' ? backslashes + 1 : 0;
    quoted += c;
  }
  quoted.append(backslashes, '\\');
  return quoted + '"';
}

std::string take_program(std::string_view& line) {
  const bool is_quoted = line.front() == '"';
  if (is_quoted) {
    line.remove_prefix(1);
  }
  std::size_t end = 0;
  while (end < line.size() && (is_quoted ? line[end] != '"' : !is_blank(line[end]))) {
    ++end;
  }
  std::string program(line.substr(0, end));
  line.remove_prefix(end < line.size() ? end + 1 : end);
  return program;
}

/// Reads up to the blank that ends it.
std::string take_argument(std::string_view& line) {
  std::string argument;
  bool is_quoted = false;
  std::size_t at = 0;
  while (at < line.size() && (is_quoted || !is_blank(line[at]))) {
    std::size_t backslashes = 0;
    while (at < line.size() && line[at] == '\\') {
      ++backslashes;
      ++at;
    }
    if (at == line.size() || line[at] != '"') {
      argument.append(backslashes, '\\');
      if (backslashes == 0) {
        argument += line[at++];
      }
      continue;
    }
    argument.append(backslashes / 2, '\\');
    ++at;
    if (backslashes % 2 != 0) {
      argument += '"';
    } else if (is_quoted && at < line.size() && line[at] == '"') {
      argument += '"';  // two within quotes are one that also ends them
      is_quoted = false;
      ++at;
    } else {
      is_quoted = !is_quoted;
    }
  }
  line.remove_prefix(at);
  return argument;
}

/// What an administrator calls the program on Windows, whatever the case; paths have either separator.
bool is_persona(std::string_view program) {
  const auto separator = program.find_last_of("\\/");
  return is_same_service(program.substr(separator == std::string_view::npos ? 0 : separator + 1),
                         "persona.exe");
}

}  // namespace

std::string join_command_line(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    line += line.empty() ? quote_program(argument) : ' ' + quote_argument(argument);
  }
  return line;
}

std::vector<std::string> split_command_line(std::string_view line) {
  std::vector<std::string> arguments;
  if (line.empty()) {
    return arguments;
  }
  arguments.push_back(take_program(line));
  for (;;) {
    while (!line.empty() && is_blank(line.front())) {
      line.remove_prefix(1);
    }
    if (line.empty()) {
      return arguments;
    }
    arguments.push_back(take_argument(line));
  }
}

std::string ServiceCommand::image_path() const {
  return join_command_line({program, "run", "--config", config, "--service", service});
}

std::optional<ServiceCommand> ServiceCommand::parse(std::string_view image_path, std::string_view service) {
  const auto words = split_command_line(image_path);
  if (words.size() != 6 || !is_persona(words[0]) || words[1] != "run" || words[2] != "--config" ||
      words[4] != "--service" || !is_same_service(words[5], service)) {
    return std::nullopt;
  }
  return ServiceCommand{words[0], words[3], words[5]};
}

}  // namespace persona::host
