// What to do about a refusal, and whose task it is.
#pragma once

#include <string>
#include <string_view>

#include "findings.hpp"
#include "persona/trust/verify.hpp"

namespace persona::trust {

/// The end of a sentence: "whoever issues the gateway's certificates has to issue this one again: openssl
/// x509 -req ...". Empty if the finding's own sentence says it. Commands are for a shell as bash is one.
std::string what_to_do(const Finding& finding, const VerifyPolicy& policy);

/// The command that issues a peer's certificate again, with `name` (a DNS name, an address or a URI) in its
/// subjectAltName; empty: without one. `self_issued`: by itself, as before.
std::string command_to_issue(PeerRole role, std::string_view name, bool self_issued);

}  // namespace persona::trust
