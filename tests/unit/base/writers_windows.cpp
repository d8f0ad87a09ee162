#include <windows.h>

#include "persona/base/writers.hpp"
// after windows.h
#include <sddl.h>

#include <doctest/doctest.h>

#include "../../support/temporary_folder.hpp"

using persona::changeable_by_others;

namespace {

void set_writers(const std::filesystem::path& path, const wchar_t* list) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &descriptor, nullptr) !=
          0);
  const BOOL set = SetFileSecurityW(path.c_str(), DACL_SECURITY_INFORMATION, descriptor);
  LocalFree(descriptor);
  REQUIRE(set != 0);
}

}  // namespace

TEST_CASE("strangers who may write a file or its folder are found") {
  const support::TemporaryFolder folder;
  const auto file = folder.write("file", "");
  set_writers(folder.path(), L"D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FRFX;;;WD)");
  set_writers(file, L"D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;WD)");
  CHECK(changeable_by_others(file, {}).empty());
  set_writers(file, L"D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FRFW;;;WD)");
  const auto found = changeable_by_others(file, {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == file);
  CHECK(found[0].sentence.find("icacls \"") != std::string::npos);
  set_writers(folder.path(), L"D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FA;;;WD)");
  CHECK(changeable_by_others(file, {}).size() == 2);
}
