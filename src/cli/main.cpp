// The program: what the system hands over, and exceptions that nobody expected.
#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "persona/host/process.hpp"

int main(int argc, char** argv) {
  try {
    if (auto opened = persona::host::open_standard_streams(); !opened) {
      std::fprintf(stderr, "persona: %s\n", opened.error().message.c_str());
      return persona::cli::exit_failure;
    }
    return persona::cli::dispatch(persona::host::command_line(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "persona: %s\n", error.what());
    return persona::cli::exit_failure;
  }
}
