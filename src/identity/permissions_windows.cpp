// Windows only: another platform has its own permissions_*.cpp.
#include <windows.h>
// after windows.h
#include <aclapi.h>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "persona/identity/identity.hpp"

namespace persona::identity {

namespace {

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};

struct Group {
  WELL_KNOWN_SID_TYPE type;
  const char* name;
};

/// Groups that strangers are in.
constexpr std::array<Group, 5> strangers = {{{WinWorldSid, "Everyone"},
                                             {WinAuthenticatedUserSid, "Authenticated Users"},
                                             {WinBuiltinUsersSid, "Users"},
                                             {WinBuiltinGuestsSid, "Guests"},
                                             {WinAnonymousSid, "ANONYMOUS LOGON"}}};

constexpr DWORD reading = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

/// The first group of strangers that the list lets read, in the order of the list: what comes first decides.
const char* who_may_read(PACL list) {
  if (list == nullptr) {
    return "Everyone";  // no list at all
  }
  std::array<bool, strangers.size()> denied{};
  for (DWORD index = 0; index < list->AceCount; ++index) {
    void* entry = nullptr;
    if (GetAce(list, index, &entry) == 0) {
      return nullptr;
    }
    const auto& header = *static_cast<const ACE_HEADER*>(entry);
    const bool allows = header.AceType == ACCESS_ALLOWED_ACE_TYPE;
    if ((!allows && header.AceType != ACCESS_DENIED_ACE_TYPE) || (header.AceFlags & INHERIT_ONLY_ACE) != 0) {
      continue;
    }
    // Entries that deny are made alike.
    auto& ace = *static_cast<ACCESS_ALLOWED_ACE*>(entry);
    for (std::size_t i = 0; (ace.Mask & reading) != 0 && i < strangers.size(); ++i) {
      if (IsWellKnownSid(&ace.SidStart, strangers[i].type) == 0) {
        continue;
      }
      if (allows && !denied[i]) {
        return strangers[i].name;
      }
      denied[i] = true;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> permission_warning(const std::filesystem::path& private_key) {
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (GetNamedSecurityInfoW(private_key.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr,
                            &list, nullptr, &descriptor) != ERROR_SUCCESS) {
    return std::nullopt;  // loading it says why
  }
  const std::unique_ptr<void, FreeLocal> owner(descriptor);
  const char* who = who_may_read(list);
  if (who == nullptr) {
    return std::nullopt;
  }
  return fmt::format(
      "others than its owner can read the private key ({}): icacls \"{}\" /inheritance:r /grant:r "
      "\"%USERNAME%:F\" \"Administrators:F\" \"SYSTEM:F\", and grant the service's account R",
      who, private_key.string());
}

}  // namespace persona::identity
