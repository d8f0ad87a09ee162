// Password-based decryption and MACs of PKCS#12 files (RFC 7292 appendices B and C, RFC 8018, RFC 9579), by
// mbedTLS.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "persona/base/bytes.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/secret.hpp"

namespace persona::x509 {

/// One password in the two forms that PKCS#12 uses.
struct Pkcs12Password {
  std::string_view text;  ///< UTF-8, for PBKDF2
  Secret bmp;             ///< UTF-16BE with two zero octets behind it; empty: a file made without a password
};

/// What a password, or the lack of one, may mean: nothing, or "", is written in two ways. Empty when it is
/// not UTF-8. `password` must outlive the result.
std::vector<Pkcs12Password> pkcs12_passwords(std::optional<std::string_view> password);

/// How often a hash may be computed for one file: a hostile count would keep the program busy for hours.
/// Nobody exports with more than a few millions.
class IterationBudget {
 public:
  bool spend(int iterations);

 private:
  int left_ = 10'000'000;
};

/// A predicate that fits behind the file's name: "is encrypted with RC2, ...: convert it with ...".
using PasswordBasedError = std::string;

/// `macData` of a PFX: does the password belong to `content`? Compares in constant time.
tl::expected<bool, PasswordBasedError> check_mac(ByteView mac_data, ByteView content,
                                                 const Pkcs12Password& password, IterationBudget& budget);

/// PBES2, or PKCS#12's own schemes with 3DES. Whoever calls it has checked the MAC.
tl::expected<Secret, PasswordBasedError> decrypt(const AlgorithmIdentifier& algorithm, ByteView ciphertext,
                                                 const Pkcs12Password& password, IterationBudget& budget);

}  // namespace persona::x509
