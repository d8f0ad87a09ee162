// Who the other side of a TLS connection is.
#pragma once

#include <string_view>

namespace persona::trust {

enum class PeerRole {
  gateway,  ///< its certificate must be for server authentication
  client,   ///< its certificate must be for client authentication
};

/// What sentences call the peer.
constexpr std::string_view to_string(PeerRole role) {
  return role == PeerRole::gateway ? "gateway" : "client";
}

}  // namespace persona::trust
