// Name constraints (RFC 5280 section 4.2.1.10): what a CA may issue certificates for. mbedTLS ignores them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::trust {

/// A GeneralName: its number in the CHOICE and its content. A view into a certificate.
struct GeneralName {
  enum Type : int {
    other_name = 0,
    rfc822_name = 1,
    dns_name = 2,
    directory_name = 4,
    uri = 6,
    ip_address = 7,
  };

  int type = other_name;
  ByteView value;  ///< a directoryName with its SEQUENCE header
};

/// All names that constraints apply to: the subject, the subjectAltName and, if that has no rfc822Name, the
/// subject's emailAddress attributes (RFC 5280 section 4.2.1.10).
std::vector<GeneralName> names_of(const mbedtls_x509_crt& certificate);

/// May a certificate have this name? DNS names must have valid labels, mailboxes one '@', addresses 4 or 16
/// octets. Names of other types are not looked at.
bool is_well_formed(const GeneralName& name);

/// "DNS name db.example.com", "address 10.0.0.1", escaped.
std::string in_words(const GeneralName& name);

class NameConstraints {
 public:
  /// How many comparisons of a name with a subtree one path may cost: strangers choose how many names they
  /// present.
  static constexpr std::size_t most_comparisons = 250'000;

  /// `value`: the extension's. Nothing if it is malformed or empty, or if RFC 5280 does not allow a subtree
  /// in it: a leading dot in a dNSName, a netmask with holes, a minimum other than 0, or a maximum.
  static std::optional<NameConstraints> read(ByteView value);

  /// Why the name is not allowed, as the end of a sentence: "is excluded", "is outside what is permitted";
  /// nothing if it is allowed.
  std::optional<std::string> refuse(const GeneralName& name) const;

  std::size_t size() const { return permitted_.size() + excluded_.size(); }

 private:
  std::vector<GeneralName> permitted_;
  std::vector<GeneralName> excluded_;
};

}  // namespace persona::trust
