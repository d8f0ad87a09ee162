// Who the other side of a TLS connection is.
#pragma once

#include <string_view>

namespace persona::trust {

enum class PeerRole {
  gateway,  ///< its certificate has to be for server authentication
  client,   ///< for client authentication
};

/// How the peer is called in sentences.
constexpr std::string_view to_string(PeerRole role) {
  return role == PeerRole::gateway ? "gateway" : "client";
}

}  // namespace persona::trust
