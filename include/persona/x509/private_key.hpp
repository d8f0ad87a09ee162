// Parses private keys, with errors that tell an administrator what to do.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

struct PrivateKeyDeleter {
  void operator()(mbedtls_pk_context* key) const;  // zeroises
};
using PrivateKey = std::unique_ptr<mbedtls_pk_context, PrivateKeyDeleter>;

PrivateKey new_private_key();

struct PrivateKeyError {
  std::string message;
  bool password = false;  ///< the password is at fault, not the key
};

/// PEM or DER: PKCS#8 (plain or PBES2), SEC 1 or PKCS#1. Only keys within the bounds of key_bounds.hpp.
/// Messages call the text `source`.
tl::expected<PrivateKey, PrivateKeyError> parse_private_key(const Secret& text,
                                                            std::optional<std::string_view> password,
                                                            std::string_view source);

/// DER only.
tl::expected<PrivateKey, PrivateKeyError> parse_private_key_der(ByteView der,
                                                                std::optional<std::string_view> password,
                                                                std::string_view source);

}  // namespace persona::x509
