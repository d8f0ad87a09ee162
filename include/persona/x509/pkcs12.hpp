// PKCS#12 files (RFC 7292): one private key with its certificates, protected by a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "persona/base/bytes.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/private_key.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

struct Pkcs12 {
  PrivateKey key;
  CertificateList certificates;  ///< never empty; those with the key's localKeyId first
};

struct Pkcs12Error {
  std::string message;
  bool password = false;  ///< the password is at fault, not the file
};

/// Judges by the first bytes alone, so true for a PFX that is cut off or in BER as well.
bool is_pkcs12(std::string_view content);

/// The DER inside a PEM block labelled PKCS12 (GnuTLS writes them), or nothing if there is no such block.
std::optional<Secret> pkcs12_in_pem(std::string_view content);

/// Reads DER in password integrity and password privacy mode (RFC 7292 section 3.1). The MAC is checked
/// before any of the content is parsed. Without a password, both none and an empty one are tried. Messages
/// call the file `source`.
tl::expected<Pkcs12, Pkcs12Error> parse_pkcs12(ByteView der, std::optional<std::string_view> password,
                                               std::string_view source);

}  // namespace persona::x509
