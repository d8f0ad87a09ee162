// The stages of a connection before its tunnel.
#pragma once

#include <memory>

#include "connection.hpp"

namespace persona::forward {

struct Connection::ReachingGateway {
  ReadAhead client;
  GatewayDialler gateway;
};

struct Connection::ReachingService {
  std::unique_ptr<tls::Session> session;
  int broken;  // why writing to the client failed: a libuv error code; 0: it did not
  ReadAhead client;
  Dialler service;
};

}  // namespace persona::forward
