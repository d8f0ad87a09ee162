#include "persona/base/file.hpp"

namespace persona {

FilePtr open_for_reading(const std::filesystem::path& path) {
  return FilePtr(std::fopen(path.c_str(), "rbe"));
}

}  // namespace persona
