#include <cstdlib>

#include "persona/broker/broker.hpp"

namespace persona::broker {

Result<std::pair<net::Socket, net::Socket>> connected_pair() {
  return fail(ErrorKind::network, "there are no pairs of sockets on Windows");
}

void serve(net::Socket /*control*/, const Duties& /*duties*/) {
  std::abort();  // nobody can have started it
}

Result<Broker*> Broker::start(const Duties& /*duties*/) {
  return fail(ErrorKind::configuration, "there is no broker on Windows");
}

}  // namespace persona::broker
