#include "append_file.hpp"

namespace persona::log {

Result<void> AppendFile::write_line(std::string_view line, std::size_t& written) {
  std::string bytes;
  bytes.reserve(size_of(line));
  if (is_torn_) {
    bytes = line_end;
  }
  bytes += line;
  bytes += line_end;
  written = 0;
  auto result = write(bytes, written);
  is_torn_ = written == 0 ? is_torn_ : written < bytes.size();
  return result;
}

std::size_t AppendFile::size_of(std::string_view line) const {
  return line.size() + line_end.size() * (is_torn_ ? 2 : 1);
}

}  // namespace persona::log
