// Why a certificate does not have the name that was asked for, in words.
#pragma once

#include <string>
#include <string_view>

#include "persona/trust/peer_role.hpp"

struct mbedtls_x509_crt;

namespace persona::trust {

/// For a leaf that matches_name() refuses: "name db.example.com is not in the gateway's certificate; it has
/// a.example.com, b.example.com and 3 more". Names that only look as if they matched are explained.
std::string explain_mismatch(const mbedtls_x509_crt& leaf, PeerRole role, std::string_view expected);

/// What to do about it.
std::string mend_mismatch(const mbedtls_x509_crt& leaf, PeerRole role, std::string_view expected);

}  // namespace persona::trust
