// The X.509 v3 extensions of a certificate or a CRL (RFC 5280 sections 4.2 and 5.2) as they stand, because
// mbedTLS keeps neither who is critical nor what it does not know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

struct Extension {
  ByteView oid;  ///< content octets
  bool critical = false;
  ByteView value;  ///< what the OCTET STRING holds
};

/// Object identifiers as content octets.
namespace oid {
using namespace std::string_view_literals;
inline constexpr std::string_view subject_key_identifier = "\x55\x1d\x0e"sv;
inline constexpr std::string_view key_usage = "\x55\x1d\x0f"sv;
inline constexpr std::string_view subject_alternative_name = "\x55\x1d\x11"sv;
inline constexpr std::string_view basic_constraints = "\x55\x1d\x13"sv;
inline constexpr std::string_view crl_number = "\x55\x1d\x14"sv;
inline constexpr std::string_view crl_reason = "\x55\x1d\x15"sv;
inline constexpr std::string_view name_constraints = "\x55\x1d\x1e"sv;
inline constexpr std::string_view certificate_policies = "\x55\x1d\x20"sv;
inline constexpr std::string_view authority_key_identifier = "\x55\x1d\x23"sv;
inline constexpr std::string_view policy_constraints = "\x55\x1d\x24"sv;
inline constexpr std::string_view extended_key_usage = "\x55\x1d\x25"sv;
inline constexpr std::string_view inhibit_any_policy = "\x55\x1d\x36"sv;
inline constexpr std::string_view authority_information_access = "\x2b\x06\x01\x05\x05\x07\x01\x01"sv;
inline constexpr std::string_view email_address = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv;
inline constexpr std::string_view ec_public_key = "\x2a\x86\x48\xce\x3d\x02\x01"sv;
}  // namespace oid

/// Is it one that may be critical, because mbedTLS or we understand it?
bool is_known(const Extension& extension);

/// "2.5.29.30"
std::string oid_in_words(ByteView oid);

/// Views into a certificate, which must outlive it.
class Extensions {
 public:
  /// `bytes`: the SEQUENCE OF Extension, as in v3_ext and crl_ext of mbedTLS; empty for none. Nothing when it
  /// is malformed or has an extension twice.
  static std::optional<Extensions> read(ByteView bytes);

  /// Null when it is not there.
  const Extension* find(std::string_view oid) const;
  bool is_critical(std::string_view oid) const;

  const std::vector<Extension>& all() const { return all_; }

 private:
  std::vector<Extension> all_;
};

}  // namespace persona::x509
