#include "persona/host/service_exit.hpp"

#include <fmt/format.h>

namespace persona::host {

std::string service_exit_in_words(std::uint32_t code) {
  switch (static_cast<ServiceExit>(code)) {
    case ServiceExit::done:
      return "it ended without an error";
    case ServiceExit::failure:
      return "it failed while running (1)";
    case ServiceExit::configuration:
      return "its configuration, or a file that it names, has errors or cannot be read by its account (2)";
    case ServiceExit::address:
      return "an address to listen on is in use, not permitted, or not this machine's (3)";
  }
  return fmt::format("it ended with code {}, which is not one of persona's", code);
}

}  // namespace persona::host
