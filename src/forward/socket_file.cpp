#include "persona/forward/socket_file.hpp"

namespace persona::forward {

Result<net::SocketFile> socket_file(const config::Listen& listen) {
  net::SocketFile file{listen.mode, std::nullopt};
  if (listen.group) {
    const auto group = net::find_group(listen.group->value);
    if (!group) {
      return tl::unexpected(group.error());
    }
    file.group = *group;
  }
  return file;
}

}  // namespace persona::forward
