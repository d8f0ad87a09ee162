#include <windows.h>

#include "permissions.hpp"
// after windows.h
#include <sddl.h>

#include <doctest/doctest.h>

namespace support {

namespace {

void set_list(const std::filesystem::path& file, const wchar_t* list) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &descriptor, nullptr) !=
          0);
  const BOOL set = SetFileSecurityW(file.c_str(), DACL_SECURITY_INFORMATION, descriptor);
  LocalFree(descriptor);
  REQUIRE(set != 0);
}

}  // namespace

void make_private(const std::filesystem::path& file) {
  set_list(file, L"D:P(A;;FA;;;BA)(A;;FA;;;SY)");
}

void let_others_read(const std::filesystem::path& file) {
  set_list(file, L"D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;WD)");
}

}  // namespace support
