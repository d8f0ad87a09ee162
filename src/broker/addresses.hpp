// Socket addresses as bytes, between two processes of one machine.
#pragma once

#include <optional>
#include <string>

#include "persona/net/address.hpp"

namespace persona::broker {

std::string bytes_of(const net::SocketAddress& address);

/// Nothing unless it is an IP address.
std::optional<net::SocketAddress> address_of(const std::string& bytes);

}  // namespace persona::broker
