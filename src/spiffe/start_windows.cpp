#include "persona/spiffe/stream.hpp"

namespace persona::spiffe {

bool agents_are_supported() {
  return false;
}

std::filesystem::path client_program() {
  return {};
}

Result<net::Socket> start_client(const Endpoint& /*agent*/, bool /*confined*/) {
  return fail(ErrorKind::configuration, "there are no SPIFFE agents on Windows");
}

}  // namespace persona::spiffe
