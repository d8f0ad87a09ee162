// Finds the blocks of a PEM text (RFC 7468), so that none is overlooked and messages can give its line.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

struct PemBlock {
  std::string_view label;  ///< "CERTIFICATE"
  std::string_view text;   ///< from -----BEGIN to the end of the -----END line
  std::size_t line = 0;    ///< of -----BEGIN, 1-based
};

/// In order of appearance. Text between blocks is skipped. The error is a predicate to follow the file's
/// name: "has a certificate without its -----END line (line 3)".
Result<std::vector<PemBlock>> find_pem_blocks(std::string_view text);

/// The block as mbedTLS reads it: blanks behind and before lines are gone and lines end in LF; a block
/// without header fields (RFC 1421) may as well be a single line. `text` begins with -----BEGIN.
Secret plain_pem(std::string_view text, std::string_view label);

/// The decoded content of one PEM block, not encrypted.
Result<Secret> secret_pem_content(std::string_view block, std::string_view label);

/// The same. Not for private keys: it is not wiped.
Result<Bytes> pem_content(std::string_view block, std::string_view label);

/// True for "PRIVATE KEY" and all labels that end in it, such as "ENCRYPTED PRIVATE KEY".
bool is_private_key(const PemBlock& block);

/// What a text without a certificate contains instead: "a private key, not a certificate", "no certificate".
std::string_view instead_of_certificate(const std::vector<PemBlock>& blocks);

}  // namespace persona::x509
