// Of what an agent has given: which SVID is ours, and which bundle vouches for our peers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"
#include "persona/identity/identity.hpp"
#include "persona/spiffe/messages.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::spiffe {

/// "spiffe://example.org" of "spiffe://example.org/db"; empty: it is no SPIFFE ID.
std::string_view trust_domain_of(std::string_view id);

/// The one with this ID; the first, if it is empty. The result lives as long as the update.
Result<const Svid*> choose(const Update& update, std::string_view id);

/// Checks besides what X.509-SVID demands of the leaf: that it comes first, and has its ID as its only URI.
/// `source`: what messages call it.
identity::Identity::Loaded load_identity(const Svid& svid, identity::IdentityUse use,
                                         std::string_view source);

/// The CAs that may vouch for `peer` (a SPIFFE ID): those of its own trust domain and no others (X509-SVID
/// section 6). Empty, or another kind of name: those of our own. Fails if there are none of it.
Result<trust::GivenCas> bundle_for(const Update& update, const Svid& svid, std::string_view peer);

}  // namespace persona::spiffe
