// mbedTLS's comparison in constant time.
#pragma once

#include <cstddef>

extern "C" {  // mbedTLS 3.6's header does not say so itself
#include <mbedtls/constant_time.h>
}

namespace persona::tls {

/// `size` bytes; takes the same time whatever they are.
inline bool equal_in_constant_time(const void* left, const void* right, std::size_t size) {
  return mbedtls_ct_memcmp(left, right, size) == 0;
}

}  // namespace persona::tls
