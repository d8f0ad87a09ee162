// Windows only: another platform has its own writers_*.cpp.
#include <windows.h>

#include "persona/base/writers.hpp"
// after windows.h
#include <aclapi.h>
#include <array>
#include <cstdint>
#include <memory>
#include <sddl.h>
#include <system_error>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/wide_windows.hpp"

namespace persona {

namespace {

namespace fs = std::filesystem;

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};
using Local = std::unique_ptr<void, FreeLocal>;

/// A security identifier in memory of its own, which is aligned as one.
class Sid {
 public:
  PSID get() { return words_.data(); }
  DWORD size() const { return static_cast<DWORD>(sizeof words_); }

 private:
  std::array<std::uint32_t, (SECURITY_MAX_SID_SIZE + 3) / 4> words_{};
};

/// NT SERVICE\TrustedInstaller, who owns the system's files; there is no WELL_KNOWN_SID_TYPE for it.
constexpr const wchar_t* trusted_installer =
    L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// What changes a file, or what is found under its name; of a folder, what changes that of a file in it.
constexpr DWORD of_files =
    FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
constexpr DWORD of_folders =
    FILE_ADD_FILE | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

bool is_trusted_installer(PSID sid) {
  PSID known = nullptr;
  if (ConvertStringSidToSidW(trusted_installer, &known) == 0) {
    return false;
  }
  const Local owner(known);
  return EqualSid(sid, known) != 0;
}

bool is_service(PSID sid, const std::string& service) {
  if (service.empty()) {
    return false;
  }
  Sid own;
  DWORD size = own.size();
  std::array<wchar_t, 256> domain{};
  DWORD domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  return LookupAccountNameW(nullptr, to_wide(R"(NT SERVICE\)" + service).c_str(), own.get(), &size,
                            domain.data(), &domain_size, &use) != 0 &&
         EqualSid(sid, own.get()) != 0;
}

bool is_trusted(PSID sid, PSID owner, const TrustedWriters& trusted) {
  return IsWellKnownSid(sid, WinLocalSystemSid) != 0 ||
         IsWellKnownSid(sid, WinBuiltinAdministratorsSid) != 0 ||
         IsWellKnownSid(sid, WinCreatorOwnerSid) != 0 || IsWellKnownSid(sid, WinCreatorOwnerRightsSid) != 0 ||
         (owner != nullptr && EqualSid(sid, owner) != 0) || is_trusted_installer(sid) ||
         is_service(sid, trusted.service);
}

std::string account_name(PSID sid) {
  std::array<wchar_t, 256> name{};
  std::array<wchar_t, 256> domain{};
  DWORD name_size = static_cast<DWORD>(name.size());
  DWORD domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  if (LookupAccountSidW(nullptr, sid, name.data(), &name_size, domain.data(), &domain_size, &use) != 0) {
    return from_wide(std::wstring_view(name.data(), name_size));
  }
  wchar_t* text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == 0) {
    return "somebody unknown";
  }
  const Local owner(text);
  return from_wide(text);
}

/// The first who is not trusted and may; empty if there is nobody.
std::string stranger_who_may_write(PACL list, PSID owner, DWORD rights, const TrustedWriters& trusted) {
  if (list == nullptr) {
    return "Everyone";  // Windows grants everything when there is no list
  }
  for (DWORD index = 0; index < list->AceCount; ++index) {
    void* entry = nullptr;
    if (GetAce(list, index, &entry) == 0) {
      break;
    }
    const auto& header = *static_cast<const ACE_HEADER*>(entry);
    if (header.AceType != ACCESS_ALLOWED_ACE_TYPE || (header.AceFlags & INHERIT_ONLY_ACE) != 0) {
      continue;
    }
    auto& ace = *static_cast<ACCESS_ALLOWED_ACE*>(entry);
    PSID sid = &ace.SidStart;
    if ((ace.Mask & rights) != 0 && !is_trusted(sid, owner, trusted)) {
      return account_name(sid);
    }
  }
  return "";
}

void judge(const fs::path& path, const TrustedWriters& trusted, std::vector<ChangeableByOthers>& found) {
  PACL list = nullptr;
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT,
                            DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, &owner, nullptr, &list,
                            nullptr, &descriptor) != ERROR_SUCCESS) {
    return;  // reading the file reports why
  }
  const Local holder(descriptor);
  std::error_code ignored;
  const bool folder = fs::is_directory(path, ignored);
  const std::string who = stranger_who_may_write(list, owner, folder ? of_folders : of_files, trusted);
  if (who.empty()) {
    return;
  }
  // Identifiers, because names differ between languages: Administrators and SYSTEM.
  const char* inherited = folder ? "(OI)(CI)" : "";
  const std::string name = path_text(path);
  found.push_back(
      {path,
       fmt::format("{0} can be changed by {1}, and who changes it decides what persona does and whom it "
                   "trusts: icacls \"{0}\" /inheritance:r /grant:r \"*S-1-5-32-544:{2}F\" "
                   "\"*S-1-5-18:{2}F\", and grant the service's account {2}RX",
                   name, who, inherited)});
}

}  // namespace

std::vector<ChangeableByOthers> changeable_by_others(const fs::path& file, const TrustedWriters& trusted) {
  std::vector<ChangeableByOthers> found;
  std::error_code failed;
  const fs::path whole = fs::absolute(file, failed);
  if (!failed) {
    judge(whole.parent_path(), trusted, found);
    judge(whole, trusted, found);
  }
  return found;
}

void judge_writers_by(WritersJudge /*judge*/) {}

}  // namespace persona
