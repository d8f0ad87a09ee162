#include "persona/x509/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

#include "persona/base/file.hpp"
#include "persona/x509/pkcs12.hpp"
#include "persona/x509/text_encoding.hpp"

namespace persona::x509 {

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

  errno = 0;
  const FilePtr file = open_for_reading(path);
  if (!file) {
    return unreadable(path, std::generic_category().message(errno != 0 ? errno : EIO));
  }
  // Unbuffered, or stdio would keep a second copy of a key. It fails only for an invalid mode.
  static_cast<void>(std::setvbuf(file.get(), nullptr, _IONBF, 0));
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return unreadable(path, error.message());
  }
  if (size > limit) {
    return unreadable(
        path, fmt::format("it has {} bytes, more than the {} MiB such a file may have", size, limit >> 20U));
  }
  Secret content(static_cast<std::size_t>(size));
  const std::size_t count = std::fread(content.data(), 1, static_cast<std::size_t>(size), file.get());
  if (std::ferror(file.get()) != 0) {
    return unreadable(path, std::generic_category().message(errno != 0 ? errno : EIO));
  }
  content.shrink(count);
  return as_utf8(std::move(content));
}

Result<Secret> read_password_file(const std::filesystem::path& path) {
  auto content = read_file(path);
  if (content) {
    content->shrink(std::min(content->view().find_first_of("\r\n"), content->view().size()));
  }
  return content;
}

bool looks_like_private_key(std::string_view content) {
  Secret copy(content.size());
  std::copy(content.begin(), content.end(), copy.data());
  const Secret text = as_utf8(std::move(copy));
  return text.view().find("PRIVATE KEY-----") != std::string_view::npos || is_pkcs12(text.view()) ||
         pkcs12_in_pem(text.view()).has_value();
}

}  // namespace persona::x509
