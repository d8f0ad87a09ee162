// Parsing a private key, with what an administrator can do about each failure.
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

/// PEM or DER: PKCS#8 (plain or PBES2), SEC1 or PKCS#1. EC P-256, P-384, P-521 or RSA of 2048 bits or more.
/// `source` is how the text is called in messages.
tl::expected<PrivateKey, PrivateKeyError> parse_private_key(const Secret& text,
                                                            std::optional<std::string_view> password,
                                                            std::string_view source);

/// DER only.
tl::expected<PrivateKey, PrivateKeyError> parse_private_key_der(ByteView der,
                                                                std::optional<std::string_view> password,
                                                                std::string_view source);

}  // namespace persona::x509
