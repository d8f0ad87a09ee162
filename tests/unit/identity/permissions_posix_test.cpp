#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../support/temporary_folder.hpp"
#include "persona/identity/permissions.hpp"

using persona::identity::permission_warning;

TEST_CASE("a private key that everybody can read is warned of") {
  using std::filesystem::perms;
  const support::TemporaryFolder folder;
  const auto key = folder.write("client.key", "");
  std::filesystem::permissions(key, perms::owner_read | perms::owner_write);
  CHECK_FALSE(permission_warning(key, "the private key").has_value());
  std::filesystem::permissions(
      key, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read);
  const std::string warning = permission_warning(key, "the private key").value_or("");
  CHECK(warning.starts_with("others besides its owner can read the private key (mode 0644): chmod "));
  CHECK(warning.ends_with(key.string()));
  CHECK_FALSE(permission_warning(folder.path() / "missing", "the PIN").has_value());
}
