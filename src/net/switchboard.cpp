#include "persona/net/switchboard.hpp"

#include <array>

namespace persona::net {

Result<DescriptorLine> Switchboard::connect() const {
  auto pair = connected_pair();
  if (!pair) {
    return tl::unexpected(pair.error());
  }
  const std::array<uv_os_sock_t, 1> theirs{pair->second.get()};
  const std::lock_guard lock(mutex_);  // a byte and a descriptor belong together
  if (send_with_descriptors(control_, "+", theirs) != 0) {
    return fail(ErrorKind::network, "it has ended, or hangs: restart persona");
  }
  return DescriptorLine(std::move(pair->first));
}

}  // namespace persona::net
