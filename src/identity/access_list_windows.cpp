#include "access_list_windows.hpp"

#include <array>

namespace persona::identity {

namespace {

struct Group {
  WELL_KNOWN_SID_TYPE type;
  const char* name;
};

/// Groups that strangers belong to.
constexpr std::array<Group, 5> strangers = {{{WinWorldSid, "Everyone"},
                                             {WinAuthenticatedUserSid, "Authenticated Users"},
                                             {WinBuiltinUsersSid, "Users"},
                                             {WinBuiltinGuestsSid, "Guests"},
                                             {WinAnonymousSid, "ANONYMOUS LOGON"}}};

constexpr DWORD reading = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

}  // namespace

const char* stranger_who_may_read(PACL list) {
  if (list == nullptr) {
    return "Everyone";  // Windows grants everything when there is no list
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
    // ACCESS_DENIED_ACE has the same layout.
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

}  // namespace persona::identity
