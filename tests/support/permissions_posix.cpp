#include "permissions.hpp"

namespace support {

using std::filesystem::perms;

void make_private(const std::filesystem::path& file) {
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
}

void let_others_read(const std::filesystem::path& file) {
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write | perms::others_read);
}

}  // namespace support
