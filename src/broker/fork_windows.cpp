#include <cstdlib>

#include "persona/broker/broker.hpp"

namespace persona::broker {

void serve(net::Socket /*control*/, const Duties& /*duties*/) {
  std::abort();  // nobody can have started it
}

Result<net::Socket> start_beside(const char* /*name*/,
                                 const std::function<void(net::Socket control)>& /*serve*/) {
  return fail(ErrorKind::configuration, "there are no processes beside this one on Windows");
}

Result<Broker*> Broker::start(const Duties& /*duties*/) {
  return fail(ErrorKind::configuration, "there is no broker on Windows");
}

}  // namespace persona::broker
