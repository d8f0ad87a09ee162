// Which rules a peer's certificates have to keep.
#pragma once

namespace persona {

/// `trust.profile`. What keeps an attacker out is refused in both.
enum class TrustProfile {
  private_cas,  ///< `private`: RFC 5280 and RFC 9525 as private CAs and their tools keep them
  web_pki,      ///< `public`: and all that RFC 5280 and the CA/Browser Forum demand of public CAs
};

}  // namespace persona
