#include "persona/host/service_exit.hpp"

#include <doctest/doctest.h>

using namespace persona::host;

namespace {

bool says(std::uint32_t code, std::string_view words) {
  const std::string sentence = service_exit_in_words(code);
  INFO(sentence);
  return sentence.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("the codes that administrators see never change, and have words") {
  CHECK(static_cast<int>(ServiceExit::done) == 0);
  CHECK(static_cast<int>(ServiceExit::failure) == 1);
  CHECK(static_cast<int>(ServiceExit::configuration) == 2);
  CHECK(static_cast<int>(ServiceExit::address) == 3);
  CHECK(says(0, "without an error"));
  CHECK(says(1, "failed while running (1)"));
  CHECK(says(2, "its configuration"));
  CHECK(says(3, "address to listen on is in use"));
  CHECK(says(77, "ended with code 77"));
}
