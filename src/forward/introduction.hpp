// Tells a service who its client is (`service.proxy_protocol`).
#pragma once

#include <optional>

#include "persona/base/buffer.hpp"
#include "persona/dialect/proxy_header.hpp"
#include "persona/net/stream.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Appends the header that comes before the client's first byte: where it comes from, and by which
/// certificate it was verified. `relayed`: who it is, if `client` is a load balancer's connection.
void append_introduction(const net::Stream& client, const std::optional<dialect::ProxyHeader::Place>& relayed,
                         const tls::SessionInfo& session, Buffer& output);

}  // namespace persona::forward
