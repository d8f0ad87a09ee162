#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "persona/x509/crypto.hpp"
#include "support.hpp"

TEST_CASE("version names what the program is made of") {
  const std::string text =
      support::captured([](std::FILE* out) { CHECK(persona::cli::version(out) == persona::cli::exit_done); });
  CHECK(text.starts_with("persona "));
  CHECK(text.find(fmt::format("\nmbedTLS {} (", persona::x509::crypto_library_version())) !=
        std::string::npos);
  const auto built = text.find("\nbuilt with ");
  REQUIRE(built != std::string::npos);
  std::vector<std::string> libraries{"yaml-cpp 0.", "fmt ", "nlohmann-json 3.", "CLI11 ", "tl-expected 1."};
#ifndef _WIN32  // where its description for CMake has no version
  libraries.emplace_back("prometheus-cpp 1.");
#endif
  for (const std::string& library : libraries) {
    CAPTURE(library);
    CHECK(text.find(library, built) != std::string::npos);
  }
}
