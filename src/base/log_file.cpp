#include "log_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <spdlog/details/log_msg.h>
#include <spdlog/details/os.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::log {

namespace {

namespace fs = std::filesystem;

// As standard error has it: "\n", on Windows "\r\n".
constexpr std::string_view kLineEnd = spdlog::details::os::default_eol;

// A rotation that failed is tried again when the file has grown by this part of its size, or after a while.
constexpr std::uint64_t kRetryPart = 8;
constexpr std::chrono::minutes kRetryInterval{1};

fs::path numbered(const fs::path& path, unsigned number) {
  fs::path result = path;
  return result += fmt::format(".{}", number);
}

/// Behind symbolic links: what is renamed is the file, and where it is meant to be.
fs::path resolved(const fs::path& path) {
  std::error_code failed;
  fs::path found = fs::canonical(path, failed);
  return failed ? fs::absolute(path, failed) : found;
}

/// All that are open. Two that rotate the same file would take each other's old files away.
struct OpenFiles {
  std::mutex mutex;
  std::vector<std::weak_ptr<LogFile>> files;
};

OpenFiles& open_files() {
  static OpenFiles open;
  return open;
}

}  // namespace

Result<std::shared_ptr<LogFile>> LogFile::open(const Settings& settings) {
  OpenFiles& open = open_files();
  const std::lock_guard lock(open.mutex);
  const fs::path path = path_from_text(settings.file);
  auto file = AppendFile::open(path);
  if (!file) {
    return fail(ErrorKind::configuration, "cannot open log file {}: {}", in_quotes(settings.file),
                file.error().message);
  }
  const fs::path place = resolved(path);
  std::erase_if(open.files, [](const auto& each) { return each.expired(); });
  for (const auto& each : open.files) {
    if (auto other = each.lock()) {
      const std::lock_guard other_lock(other->mutex_);
      if (other->path_ == place || other->file_.is_same(*file)) {
        return other;
      }
    }
  }
  auto made = std::make_shared<LogFile>(std::move(*file), place, settings);
  open.files.push_back(made);
  return made;
}

LogFile::LogFile(AppendFile file, fs::path path, const Settings& settings)
    : file_(std::move(file)),
      path_(std::move(path)),
      max_size_(settings.max_size),
      max_files_(settings.max_files),
      is_regular_(file_.is_regular()),
      size_(file_.size()) {}

void LogFile::sink_it_(const spdlog::details::log_msg& message) {
  std::string line = is_torn_ ? std::string(kLineEnd) : "";
  line.append(message.payload.data(), message.payload.size());
  line += kLineEnd;
  make_room(line.size());
  std::size_t written = 0;
  const auto result = file_.write(line, written);
  size_ += written;
  is_torn_ = written == 0 ? is_torn_ : written < line.size();
  if (!result) {
    ++lost_;
    why_lost_ = result.error().message;
  } else if (lost_ > 0) {
    notice(fmt::format("{} lines before this one could not be written to the log file: {}",
                       std::exchange(lost_, 0), why_lost_));
  }
}

void LogFile::make_room(std::uint64_t bytes) {
  if (max_size_ == 0 || !is_regular_ || size_ == 0 || size_ + bytes <= max_size_ ||
      (is_stuck_ && size_ < retry_size_ && Clock::now() < retry_at_)) {
    return;
  }
  const auto rotated = rotate(bytes);
  if (!rotated && !std::exchange(is_stuck_, true)) {
    notice(fmt::format("the log file is full, but {}: it goes on growing until that is possible",
                       rotated.error().message));
  }
  is_stuck_ = !rotated;
  retry_size_ = size_ + std::max<std::uint64_t>(max_size_ / kRetryPart, 1);
  retry_at_ = Clock::now() + kRetryInterval;
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
  file_ = std::move(file);
  size_ = file_.size();
  is_torn_ = false;
}

void LogFile::reopen() {
  const std::lock_guard lock(mutex_);
  if (!is_regular_) {
    return;
  }
  auto named = AppendFile::open(path_);
  if (!named) {
    notice(fmt::format("the log file {} cannot be opened again, the one before is used: {}",
                       in_quotes(path_text(path_)), named.error().message));
    return;
  }
  reopen_if_renamed(*named);
}

void LogFile::notice(const std::string& sentence) {
  notice_ += notice_.empty() ? "" : "; ";
  notice_ += sentence;
}

std::optional<std::string> LogFile::take_notice() {
  const std::lock_guard lock(mutex_);
  return notice_.empty() ? std::nullopt : std::optional(std::exchange(notice_, {}));
}

}  // namespace persona::log
