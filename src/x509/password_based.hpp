// Password-based decryption and MACs of PKCS#12 files (RFC 7292 appendices B and C, RFC 8018, RFC 9579), with
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
  Secret bmp;             ///< UTF-16BE with two zero octets after it; empty: a file made without a password
};

/// The forms of a password to try. An empty or absent one has two, because programs write either as "" or as
/// nothing. No forms if it is not UTF-8. `password` must outlive the result.
std::vector<Pkcs12Password> pkcs12_passwords(std::optional<std::string_view> password);

/// How many hash iterations one file may cost: a hostile count would keep the program busy for hours. Nobody
/// exports with more than a few million.
class IterationBudget {
 public:
  /// False, and nothing is spent, for none or for more than are left.
  bool spend(int iterations);

 private:
  int left_ = 10'000'000;
};

struct PasswordBasedError {
  enum class Remedy { none, convert, make_again };

  std::string text;  ///< a predicate to follow the file's name: "is encrypted with RC2, ..."
  Remedy remedy = Remedy::none;
};

/// Is a PFX's `macData` the MAC of `content` under this password? Compares in constant time.
tl::expected<bool, PasswordBasedError> check_mac(ByteView mac_data, ByteView content,
                                                 const Pkcs12Password& password, IterationBudget& budget);

/// PBES2, or PKCS#12's own schemes with 3DES. Call it only once check_mac() has returned true.
tl::expected<Secret, PasswordBasedError> decrypt(const AlgorithmIdentifier& algorithm, ByteView ciphertext,
                                                 const Pkcs12Password& password, IterationBudget& budget);

}  // namespace persona::x509
