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
  for (const char* library :
       {"yaml-cpp 0.", "fmt ", "nlohmann-json 3.", "CLI11 ", "tl-expected 1.", "prometheus-cpp 1."}) {
    CAPTURE(library);
    CHECK(text.find(library, built) != std::string::npos);
  }
}
