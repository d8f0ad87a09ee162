// Every test case may be run alone, and none works without this.
#include <cstdlib>

#include "persona/identity/certificate.hpp"

namespace {

[[maybe_unused]] const bool ready = [] {
  if (!persona::identity::initialise_crypto()) {
    std::abort();
  }
  return true;
}();

}  // namespace
