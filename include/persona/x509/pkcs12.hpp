// PKCS#12 files (RFC 7292): one private key with its certificates, under a password.
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
  CertificateList certificates;  ///< never empty; what localKeyId names as the key's own first
};

struct Pkcs12Error {
  std::string message;
  bool password = false;  ///< the password is at fault, not the file
};

/// True for a PFX by its first bytes, cut off or in BER as well.
bool is_pkcs12(std::string_view content);

/// The DER within PEM (label PKCS12, as GnuTLS writes it), or nothing when there is no such block.
std::optional<Secret> pkcs12_in_pem(std::string_view content);

/// DER, in the password integrity and privacy modes. The MAC is checked before anything else is looked at.
/// Without a password, none and an empty one are both tried. `source` is how the file is called in messages.
tl::expected<Pkcs12, Pkcs12Error> parse_pkcs12(ByteView der, std::optional<std::string_view> password,
                                               std::string_view source);

}  // namespace persona::x509
