// Asks a proxy for a way to the gateway (`gateway.via`).
#pragma once

#include <memory>
#include <string_view>

#include "persona/base/endpoint.hpp"
#include "persona/base/proxy.hpp"
#include "persona/dialect/dialogue.hpp"

namespace persona::dialect {

/// The most that an HTTP proxy's answer may have before what follows it; SOCKS5's have at most 262 bytes.
inline constexpr std::size_t longest_proxy_answer = std::size_t{16} * 1024;

/// `target`: TCP; its name is resolved by the proxy, and is sent without a dot at its end. `password`: of
/// `proxy.user`, if it has one; 1 to 255 bytes, and only used within the call. No sentence contains it.
std::unique_ptr<Dialogue> ask_proxy(const Proxy& proxy, std::string_view password, const Endpoint& target);

}  // namespace persona::dialect
