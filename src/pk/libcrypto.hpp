// OpenSSL's libcrypto as a provider; nothing of it works unless compiled in (PERSONA_LIBCRYPTO).
#pragma once

#include <memory>
#include <string>

#include "persona/base/result.hpp"
#include "persona/pk/signer.hpp"

namespace persona::pk {

bool libcrypto_compiled_in();
Result<void> start_libcrypto();

/// Whether it verifies from now on, or mbedTLS alone.
void let_libcrypto_verify(bool verifies);

/// Null: mbedTLS is to sign with this key.
Result<std::unique_ptr<const Signer>> make_libcrypto_signer(const mbedtls_pk_context& key);

std::string describe_libcrypto();

}  // namespace persona::pk
