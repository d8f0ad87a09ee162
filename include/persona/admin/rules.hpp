// What may be asked of the endpoint for administrators: by whom, how, and where it is served.
#pragma once

#include <optional>

#include "persona/admin/http.hpp"
#include "persona/base/address.hpp"

namespace persona::admin {

/// Where a request came in.
enum class Door {
  unix_socket,
  loopback,  ///< both ends of the connection have loopback addresses
  network,
};

/// Of a TCP connection. Its own address alone does not make it a neighbour's: routes and rules of the kernel
/// can deliver to 127.0.0.1 what another machine has sent. Nothing, where an address is not known, is no
/// loopback.
Door door_of(const std::optional<IpAddress>& local, const std::optional<IpAddress>& peer);

/// Why the request is not answered; nothing: answer it, once its body has been read.
///
/// At the network only what holds no secret and changes nothing is served, so neither does its Host matter
/// there: a web page that makes a name of its own point here (DNS rebinding) would read what every machine
/// there may. On loopback it would read what only this machine may, so there Host must be an address or
/// localhost; no browser opens a Unix socket. A page that posts is told by its Origin.
std::optional<Response> refusal(const Request& request, Door door);

}  // namespace persona::admin
