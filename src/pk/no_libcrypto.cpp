// A build without libcrypto: mbedTLS alone.
#include "libcrypto.hpp"

namespace persona::pk {

bool libcrypto_compiled_in() {
  return false;
}

Result<void> start_libcrypto() {
  return fail(ErrorKind::internal, "libcrypto is not compiled in");
}

void let_libcrypto_verify(bool /*verifies*/) {}

Result<std::unique_ptr<const Signer>> make_libcrypto_signer(const mbedtls_pk_context& /*key*/) {
  return nullptr;
}

std::string describe_libcrypto() {
  return "libcrypto (not compiled in)";
}

}  // namespace persona::pk
