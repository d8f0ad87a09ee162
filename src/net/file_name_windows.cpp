#include <windows.h>

#include "file_name.hpp"
#include "persona/base/wide_windows.hpp"

namespace persona::net {

std::string file_name_key(std::string_view name) {
  std::wstring wide = to_wide(name);
  static_cast<void>(CharUpperBuffW(wide.data(), static_cast<DWORD>(wide.size())));  // cannot fail
  return from_wide(wide);
}

}  // namespace persona::net
