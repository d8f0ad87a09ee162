// mbedTLS's constant-time comparison.
#pragma once

#include <cstddef>

extern "C" {  // missing from mbedTLS 3.6's header
#include <mbedtls/constant_time.h>
}

namespace persona::tls {

/// Compares `size` bytes in a time that does not depend on their values.
inline bool equal_in_constant_time(const void* left, const void* right, std::size_t size) {
  return mbedtls_ct_memcmp(left, right, size) == 0;
}

}  // namespace persona::tls
