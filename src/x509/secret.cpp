#include "persona/x509/secret.hpp"

#include <algorithm>

#include <mbedtls/platform_util.h>

namespace persona::x509 {

Secret::Secret(std::string_view text) : bytes_(text.size() + 1, '\0') {
  std::copy(text.begin(), text.end(), bytes_.begin());
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

std::string_view Secret::view() const {
  return bytes_.empty() ? std::string_view() : std::string_view(bytes_.data(), bytes_.size() - 1);
}

void Secret::shrink(std::size_t size) {
  if (size + 1 < bytes_.size()) {
    mbedtls_platform_zeroize(bytes_.data() + size, bytes_.size() - size);
    bytes_.resize(size + 1);  // shrinking never reallocates: no unwiped copy
  }
}

void Secret::wipe() {
  mbedtls_platform_zeroize(bytes_.data(), bytes_.size());
}

}  // namespace persona::x509
