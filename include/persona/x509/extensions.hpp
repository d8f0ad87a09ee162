// The X.509 v3 extensions of a certificate or a CRL (RFC 5280 sections 4.2 and 5.2) as encoded: mbedTLS keeps
// neither which of them are critical nor those that it does not know.
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
  ByteView value;  ///< the content of the OCTET STRING
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

/// May it be critical, because mbedTLS or we process it?
bool is_known(const Extension& extension);

/// "2.5.29.30"
std::string oid_in_words(ByteView oid);

/// Views into a certificate or CRL, which must outlive this.
class Extensions {
 public:
  /// `bytes`: the SEQUENCE OF Extension, as in mbedTLS's v3_ext and crl_ext; empty for none. Returns nothing
  /// if it is malformed or contains an extension twice (RFC 5280 section 4.2).
  static std::optional<Extensions> read(ByteView bytes);

  /// Null if absent.
  const Extension* find(std::string_view oid) const;
  bool is_critical(std::string_view oid) const;

  const std::vector<Extension>& all() const { return all_; }

 private:
  std::vector<Extension> all_;
};

}  // namespace persona::x509
