#include <cerrno>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

#include "persona/net/deputy.hpp"

namespace persona::net {

namespace {

// The codes of POSIX, and those of other systems that libuv has a code for.
int uv_code(int status, int system_error) {
  switch (status) {
    case 0:
      return 0;
    case EAI_AGAIN:
      return UV_EAI_AGAIN;
    case EAI_BADFLAGS:
      return UV_EAI_BADFLAGS;
    case EAI_FAMILY:
      return UV_EAI_FAMILY;
    case EAI_MEMORY:
      return UV_EAI_MEMORY;
    case EAI_NONAME:
      return UV_EAI_NONAME;
    case EAI_OVERFLOW:
      return UV_EAI_OVERFLOW;
    case EAI_SERVICE:
      return UV_EAI_SERVICE;
    case EAI_SOCKTYPE:
      return UV_EAI_SOCKTYPE;
    case EAI_SYSTEM:
      return uv_translate_sys_error(system_error);
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
      return UV_EAI_ADDRFAMILY;
#endif
#ifdef EAI_NODATA
    case EAI_NODATA:
      return UV_EAI_NODATA;
#endif
    default:
      return UV_EAI_FAIL;
  }
}

}  // namespace

int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses) {
  if (const Deputy* service = deputy()) {
    return service->resolve_host(host, addresses);
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (status != 0) {
    return uv_code(status, errno);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, &freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      addresses.emplace_back(entry->ai_addr);
    }
  }
  return 0;
}

}  // namespace persona::net
