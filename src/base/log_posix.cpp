#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "log_destination.hpp"

namespace persona::log {

namespace {

/// "DEVICE:INODE", decimal.
bool names(std::string_view stream, const struct stat& file) {
  std::uintmax_t device = 0;
  std::uintmax_t inode = 0;
  const char* const end = stream.data() + stream.size();
  const auto first = std::from_chars(stream.data(), end, device);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') {
    return false;
  }
  const auto second = std::from_chars(first.ptr + 1, end, inode);
  return second.ec == std::errc() && second.ptr == end && device == file.st_dev && inode == file.st_ino;
}

}  // namespace

// Whoever was started by such a service has the variable as well, and another standard error perhaps.
bool journal_reads_standard_error() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  return stream != nullptr && fstat(STDERR_FILENO, &file) == 0 && names(stream, file);
}

Result<DefaultSink> default_sink() {
  auto sink = standard_error();
  if (!sink) {
    return tl::unexpected(sink.error());
  }
  return DefaultSink{std::move(*sink), journal_reads_standard_error() ? Reader::journal : Reader::anybody};
}

}  // namespace persona::log
