#include "file.hpp"

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <system_error>

namespace persona::identity {

namespace {

tl::unexpected<Error> unreadable(const std::filesystem::path& path, const std::string& reason) {
  return fail(ErrorKind::configuration, "cannot read {}: {}", path.string(), reason);
}

}  // namespace

Result<Secret> read_file(const std::filesystem::path& path, std::uintmax_t limit) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return unreadable(path, "No such file or directory");
  }
  if (error) {
    return unreadable(path, error.message());
  }
  if (std::filesystem::is_directory(status)) {
    return unreadable(path, "it is a folder");
  }
  if (!std::filesystem::is_regular_file(status)) {
    return unreadable(path, "it is not a regular file");  // a pipe would block a reload
  }

  std::ifstream file;
  file.rdbuf()->pubsetbuf(nullptr, 0);  // before open(): no second copy of a key in a stream buffer
  errno = 0;
  file.open(path, std::ios::binary);
  if (!file) {
    return unreadable(path, std::generic_category().message(errno != 0 ? errno : EIO));
  }
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return unreadable(path, error.message());
  }
  if (size > limit) {
    return unreadable(
        path, fmt::format("it has {} bytes, more than the {} MiB such a file may have", size, limit >> 20U));
  }
  Secret content(static_cast<std::size_t>(size));
  file.read(content.data(), static_cast<std::streamsize>(size));
  if (file.bad()) {
    return unreadable(path, std::generic_category().message(errno != 0 ? errno : EIO));
  }
  content.shrink(static_cast<std::size_t>(file.gcount()));
  return content;
}

}  // namespace persona::identity
