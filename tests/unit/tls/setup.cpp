// Every test case may be run alone, and none works without this.
#include <cstdlib>

#include "persona/x509/crypto.hpp"

namespace {

[[maybe_unused]] const bool ready = [] {
  if (!persona::x509::initialise_crypto()) {
    std::abort();
  }
  return true;
}();

}  // namespace
