// Certificate stores of Windows, and certificates in them, as a configuration names them.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

/// A system store: CERT_SYSTEM_STORE_CURRENT_USER or CERT_SYSTEM_STORE_LOCAL_MACHINE, and its name.
struct StoreName {
  enum class Location {
    current_user,   ///< of the account that the program runs as, with what the machine's store has
    local_machine,  ///< the same for all accounts
  };

  Location location = Location::local_machine;
  std::string name;  ///< "My" (what certlm.msc calls Personal), "Root", "CA"; UTF-8

  /// "CurrentUser\My" or "LocalMachine\Root", with either slash; the places' case does not matter. The
  /// message of a failure says what is expected.
  static Result<StoreName> parse(std::string_view text);

  std::string to_string() const;  ///< "LocalMachine\My"

  friend bool operator==(const StoreName&, const StoreName&) = default;
};

/// Which certificates of a store are meant.
struct StoreSelector {
  enum class Kind {
    thumbprint,     ///< SHA-1 of the certificate, which Windows shows, or SHA-256; hexadecimal, lower case
    subject,        ///< its common name, a DNS name of its subjectAltName, or its whole subject
    template_name,  ///< the name or the OID of the template that the CA of the domain made it by
  };

  Kind kind = Kind::thumbprint;
  std::string value;

  std::string to_string() const;  ///< "thumbprint 0a1b...", "subject \"app1\"", "template \"Machine\""

  friend bool operator==(const StoreSelector&, const StoreSelector&) = default;
};

/// A thumbprint as people copy it: with spaces, colons, either case, and the invisible mark (U+200E) that
/// Windows' dialog puts in front. Gives 40 or 64 lower-case hexadecimal digits.
Result<std::string> parse_thumbprint(std::string_view text);

}  // namespace persona
