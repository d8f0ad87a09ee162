// What an error of mbedTLS's means that ended a handshake: for the log, and for the peer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persona/tls/context.hpp"
#include "ssl.hpp"

namespace persona::tls {

/// The alert that tells the peer (RFC 8446 section 6.2). mbedTLS 3.6 does not send one for every error.
std::uint8_t alert_for(const Ssl& ssl, int code);

/// A sentence for it. Nothing where mbedTLS's own words have to do.
std::optional<std::string> explain_error(const Ssl& ssl, const ContextOptions& options, int code);

/// For an error of mbedTLS's certificate or public key parsers.
std::string explain_unreadable(const Ssl& ssl, Role role, int code);

}  // namespace persona::tls
