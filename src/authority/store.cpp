#include "store.hpp"

#include <system_error>

#include "persona/base/path_text.hpp"

namespace persona::authority {

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

std::filesystem::path fresh_name(const std::filesystem::path& path) {
  return path.parent_path() / path_from_text("." + path_text(path.filename()) + ".new");
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, Readers readers) {
  const NewFile file{path, content, readers};
  return replace_files({&file, 1});
}

tl::unexpected<Error> lock_is_taken(const std::filesystem::path& folder) {
  return fail(ErrorKind::network, "another persona pki has been working in {} for {} seconds: wait for it",
              folder.string(), lock_patience.count());
}

}  // namespace persona::authority
