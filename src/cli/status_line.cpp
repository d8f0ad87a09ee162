#include "status_line.hpp"

#include <cstddef>

#include <fmt/format.h>

namespace persona::cli {

namespace {

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string status_line(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining) {
  std::size_t connections = 0;
  std::string refused;
  for (const auto& service : services) {
    connections += service->live();
    if (const auto reload = service->reload_status(); !reload.last_successful) {
      refused += fmt::format("; what is on disk for {} is refused: {}", service->name(), reload.last_error);
    }
  }
  if (draining) {
    return "draining, " + counted(connections, "connection") + " left";
  }
  return counted(services.size(), "service") + ", " + counted(connections, "connection") + refused;
}

}  // namespace persona::cli
