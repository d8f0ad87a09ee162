// Ends in the ways that a crash can: tests/windows/crashes_are_noticed.py looks whether Wine lets us notice.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

volatile int* volatile nowhere = nullptr;

}  // namespace

int main(int count, char** arguments) {
  const std::string_view how = count == 2 ? arguments[1] : "";
  std::printf("%s\n", arguments[count - 1]);
  static_cast<void>(std::fflush(stdout));
  if (how == "null") {
    *nowhere = 1;
  } else if (how == "abort") {
    std::abort();
  } else if (how == "exception") {
    throw std::runtime_error("nobody catches this");
  }
  return how == "three" ? 3 : 0;
}
