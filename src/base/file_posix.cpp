#include <cerrno>
#include <unistd.h>
#include <utility>

#include "persona/base/file.hpp"

namespace persona {

namespace {

Opener& opener_in_use() {
  static Opener opener;
  return opener;
}

FilePtr stream_of(int descriptor) {
  if (descriptor < 0) {
    return nullptr;
  }
  FilePtr stream(fdopen(descriptor, "rb"));
  if (stream == nullptr) {
    const int error = errno;
    close(descriptor);
    errno = error;
  }
  return stream;
}

}  // namespace

void open_by(Opener opener) {
  opener_in_use() = std::move(opener);
}

FilePtr open_for_reading(const std::filesystem::path& path) {
  const Opener& opener = opener_in_use();
  return opener ? stream_of(opener(path)) : FilePtr(std::fopen(path.c_str(), "rbe"));
}

}  // namespace persona
