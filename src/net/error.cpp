#include "persona/net/error.hpp"

#include <array>

#include <uv.h>

namespace persona::net {

std::string error_words(int uv_code) {
  std::array<char, 160> text{};
  return uv_strerror_r(uv_code, text.data(), text.size());
}

}  // namespace persona::net
