#include "identity/access_list_windows.hpp"

// after windows.h
#include <sddl.h>
#include <string>

#include <doctest/doctest.h>

namespace {

/// Of a list in the security descriptor definition language.
std::string who(const wchar_t* list) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &descriptor, nullptr) !=
          0);
  BOOL is_there = FALSE;
  BOOL is_default = FALSE;
  PACL entries = nullptr;
  const BOOL found = GetSecurityDescriptorDacl(descriptor, &is_there, &entries, &is_default);
  const char* stranger = persona::identity::stranger_who_may_read(entries);
  const std::string name = stranger == nullptr ? "" : stranger;
  LocalFree(descriptor);
  REQUIRE(found != 0);
  return name;
}

}  // namespace

TEST_CASE("groups that strangers are in, and what lets them read") {
  CHECK(who(L"D:(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;LS)") == "");
  CHECK(who(L"D:(A;;FA;;;BA)(A;;FR;;;WD)") == "Everyone");
  CHECK(who(L"D:(A;;FA;;;AU)") == "Authenticated Users");
  CHECK(who(L"D:(A;;0x1;;;BU)") == "Users");
  CHECK(who(L"D:(A;;GA;;;BG)") == "Guests");
  CHECK(who(L"D:(A;;GR;;;AN)") == "ANONYMOUS LOGON");
  CHECK(who(L"D:(A;;FW;;;WD)(A;;RC;;;BU)") == "");  // writing, and reading the list itself
}

TEST_CASE("what comes first in the list decides, and what is only handed down does not") {
  CHECK(who(L"D:(D;;FR;;;WD)(A;;FR;;;WD)") == "");
  CHECK(who(L"D:(D;;FW;;;WD)(A;;FR;;;WD)") == "Everyone");
  CHECK(who(L"D:(D;;FR;;;WD)(A;;FR;;;BU)") == "Users");  // on the safe side: a warning too many
  CHECK(who(L"D:(A;OICIIO;FR;;;WD)") == "");
}

TEST_CASE("an empty list lets nobody read, none at all everybody") {
  CHECK(who(L"D:") == "");
  CHECK(persona::identity::stranger_who_may_read(nullptr) == std::string("Everyone"));
}
