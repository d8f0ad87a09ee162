#include "log_file.hpp"

#include <algorithm>
#include <utility>

#include "persona/base/log_files.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::log {

namespace {

namespace fs = std::filesystem;

// A failed rotation is tried again when the file has grown by this fraction of its size, or after a while.
constexpr std::uint64_t retry_part = 8;
constexpr std::chrono::minutes retry_interval{1};

}  // namespace

fs::path numbered(const fs::path& file, unsigned number) {
  fs::path result = file;
  return result += fmt::format(".{}", number);
}

fs::path resolved(const fs::path& file) {
  std::error_code failed;
  fs::path found = fs::weakly_canonical(file, failed);
  return failed ? fs::absolute(file, failed) : found;
}

Result<std::shared_ptr<LogFile>> LogFile::open(const Settings& settings) {
  const fs::path path = path_from_text(settings.file);
  auto file = AppendFile::open(path);
  if (!file) {
    return fail(ErrorKind::configuration, "cannot open log file {}: {}", in_quotes(settings.file),
                file.error().message);
  }
  return std::make_shared<LogFile>(std::move(*file), resolved(path), settings);
}

LogFile::LogFile(AppendFile file, fs::path path, const Settings& settings)
    : path_(std::move(path)),
      max_size_(settings.max_size),
      max_files_(settings.max_files),
      file_(std::move(file)),
      is_regular_(file_.is_regular()),
      size_(file_.size()) {}

bool LogFile::is_same(const LogFile& other) const {
  const std::scoped_lock lock(mutex_, other.mutex_);
  return path_ == other.path_ || file_.is_same(other.file_);
}

Result<void> LogFile::write(Level /*level*/, std::string_view line) {
  make_room(file_.size_of(line));
  std::size_t written = 0;
  auto result = file_.write_line(line, written);
  size_ += written;
  return result;
}

void LogFile::make_room(std::uint64_t bytes) {
  if (max_size_ == 0 || !is_regular_ || size_ == 0 || size_ + bytes <= max_size_ ||
      (is_stuck_ && size_ < retry_size_ && Clock::now() < retry_at_)) {
    return;
  }
  const auto rotated = rotate(bytes);
  if (!rotated && !std::exchange(is_stuck_, true)) {
    notice(fmt::format("the log file is full, but {}: it keeps growing until that is possible",
                       rotated.error().message));
  }
  is_stuck_ = !rotated;
  retry_size_ = size_ + std::max<std::uint64_t>(max_size_ / retry_part, 1);
  retry_at_ = Clock::now() + retry_interval;
}

Result<void> LogFile::rotate(std::uint64_t bytes) {
  auto named = AppendFile::open(path_);
  if (!named) {
    return fail(ErrorKind::configuration, "{} cannot be opened: {}", in_quotes(path_text(path_)),
                named.error().message);
  }
  if (reopen_if_renamed(*named) && (size_ == 0 || size_ + bytes <= max_size_)) {
    return {};  // somebody else has moved it aside
  }
  *named = AppendFile();
  if (auto moved = move_aside(); !moved) {
    return moved;
  }
  auto next = AppendFile::open(path_, &file_);
  if (!next) {
    return fail(ErrorKind::configuration, "{} cannot be opened: {}", in_quotes(path_text(path_)),
                next.error().message);
  }
  use(std::move(*next));
  return {};
}

/// Up to the first number that is free, so that trying again does not push out old files for nothing.
Result<void> LogFile::move_aside() const {
  unsigned free = 1;
  for (; free < max_files_; ++free) {
    std::error_code failed;
    if (fs::symlink_status(numbered(path_, free), failed).type() == fs::file_type::not_found) {
      break;
    }
  }
  for (unsigned number = free; number > 0; --number) {
    const fs::path from = number == 1 ? path_ : numbered(path_, number - 1);
    const fs::path to = numbered(path_, number);
    if (auto moved = move_file(from, to); !moved) {
      return fail(ErrorKind::configuration, "{} cannot be renamed to {}: {}", in_quotes(path_text(from)),
                  in_quotes(path_text(to)), moved.error().message);
    }
  }
  return {};
}

bool LogFile::reopen_if_renamed(AppendFile& named) {
  if (named.is_same(file_)) {
    return false;
  }
  use(std::move(named));
  return true;
}

void LogFile::use(AppendFile file) {
  {
    const std::lock_guard lock(mutex_);
    std::swap(file_, file);
  }
  size_ = file_.size();
}

void LogFile::reopen() noexcept {
  if (!is_regular_) {
    return;
  }
  try {
    auto named = AppendFile::open(path_);
    if (named) {
      reopen_if_renamed(*named);
      return;
    }
    notice(fmt::format("the log file {} cannot be opened again, so the previous one stays in use: {}",
                       in_quotes(path_text(path_)), named.error().message));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory, even for a notice
  }
}

void LogFile::notice(const std::string& sentence) {
  notice_ += notice_.empty() ? "" : "; ";
  notice_ += sentence;
}

std::optional<std::string> LogFile::take_notice() {
  return notice_.empty() ? std::nullopt : std::optional(std::exchange(notice_, {}));
}

}  // namespace persona::log
