#include "process_settings.hpp"

#include "access_settings.hpp"

namespace persona::config {

namespace {

constexpr std::uint64_t most_threads = 1024;

}  // namespace

void read_process(Section& root, Config& config) {
  const auto threads = root.get("threads");
  const auto text = threads ? threads->text() : std::nullopt;
  if (text && *text != "auto") {
    config.threads = static_cast<unsigned>(threads->integer(1, most_threads, "auto or ").value_or(0));
  }
  if (const auto value = root.get("sandbox")) {
    const auto word = value->one_of({"auto", "required", "off"});
    config.sandbox = {word == "off"        ? Sandbox::off
                      : word == "required" ? Sandbox::required
                                           : Sandbox::automatic,
                      value->mark()};
  }
  if (const auto value = root.get("user")) {
    config.user = read_account(*value, "user");
  }
}

}  // namespace persona::config
