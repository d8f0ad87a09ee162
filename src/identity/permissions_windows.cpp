// Windows only: another platform has its own permissions_*.cpp.
#include <windows.h>
// after windows.h
#include <aclapi.h>
#include <memory>

#include <fmt/format.h>

#include "access_list_windows.hpp"
#include "persona/identity/permissions.hpp"

namespace persona::identity {

namespace {

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};

}  // namespace

std::optional<std::string> permission_warning(const std::filesystem::path& file, std::string_view what) {
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (GetNamedSecurityInfoW(file.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, &list,
                            nullptr, &descriptor) != ERROR_SUCCESS) {
    return std::nullopt;  // loading it reports why
  }
  const std::unique_ptr<void, FreeLocal> owner(descriptor);
  const char* who = stranger_who_may_read(list);
  if (who == nullptr) {
    return std::nullopt;
  }
  // Identifiers (of owner rights, administrators and SYSTEM), because names differ between languages, and
  // variables between cmd and PowerShell.
  return fmt::format(
      "others besides its owner can read {} ({}): icacls \"{}\" /inheritance:r /grant:r "
      "\"*S-1-3-4:F\" \"*S-1-5-32-544:F\" \"*S-1-5-18:F\", and grant the service's account R",
      what, who, file.string());
}

}  // namespace persona::identity
