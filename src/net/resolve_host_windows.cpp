#include <memory>

#include "persona/base/sockets.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/net/deputy.hpp"

namespace persona::net {

namespace {

int uv_code(int status) {
  switch (status) {
    case 0:
      return 0;
    case WSATRY_AGAIN:
      return UV_EAI_AGAIN;
    case WSAEINVAL:
      return UV_EAI_BADFLAGS;
    case WSANO_RECOVERY:
      return UV_EAI_FAIL;
    case WSAEAFNOSUPPORT:
      return UV_EAI_FAMILY;
    case WSA_NOT_ENOUGH_MEMORY:
      return UV_EAI_MEMORY;
    case WSANO_DATA:
      return UV_EAI_NODATA;
    case WSAHOST_NOT_FOUND:
      return UV_EAI_NONAME;
    case WSATYPE_NOT_FOUND:
      return UV_EAI_SERVICE;
    case WSAESOCKTNOSUPPORT:
      return UV_EAI_SOCKTYPE;
    default:
      return uv_translate_sys_error(status);
  }
}

}  // namespace

int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses) {
  ADDRINFOW hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOW* list = nullptr;
  const int status = GetAddrInfoW(to_wide(host).c_str(), nullptr, &hints, &list);
  if (status != 0) {
    return uv_code(status);
  }
  const std::unique_ptr<ADDRINFOW, decltype(&FreeAddrInfoW)> owned(list, &FreeAddrInfoW);
  for (const ADDRINFOW* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      addresses.emplace_back(entry->ai_addr);
    }
  }
  return 0;
}

}  // namespace persona::net
