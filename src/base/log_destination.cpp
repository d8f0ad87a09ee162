#include "log_destination.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "append_file.hpp"
#include "log_file.hpp"
#include "log_queue.hpp"

namespace persona::log {

namespace {

class StandardError final : public Sink {
 public:
  explicit StandardError(AppendFile file) : file_(std::move(file)) {}

  Result<void> write(Level /*level*/, std::string_view line) override {
    std::size_t written = 0;
    return file_.write_line(line, written);
  }

 private:
  AppendFile file_;
};

struct OpenFile {
  std::weak_ptr<LogQueue> queue;
  std::weak_ptr<LogFile> file;
};

/// All that are open. Two that rotate the same file would delete each other's old files.
struct OpenDestinations {
  std::mutex mutex;
  std::vector<OpenFile> files;
  std::weak_ptr<LogQueue> without_file;
};

OpenDestinations& open_destinations() {
  static OpenDestinations open;
  return open;
}

Result<OpenDestination> open_without_file(OpenDestinations& open, Format format) {
  if (auto shared = open.without_file.lock()) {
    return OpenDestination{std::move(shared)};
  }
  auto to = default_sink();
  if (!to) {
    return tl::unexpected(to.error());
  }
  auto queue = LogQueue::start(std::move(to->sink), {format, to->reader});
  if (!queue) {
    return tl::unexpected(queue.error());
  }
  open.without_file = *queue;
  return OpenDestination{std::move(*queue)};
}

Result<OpenDestination> open_file(OpenDestinations& open, const Settings& settings) {
  auto file = LogFile::open(settings);
  if (!file) {
    return tl::unexpected(file.error());
  }
  std::erase_if(open.files, [](const OpenFile& each) { return each.queue.expired(); });
  for (const OpenFile& each : open.files) {
    auto queue = each.queue.lock();
    const auto other = each.file.lock();
    if (queue && other && other->is_same(**file)) {
      return OpenDestination{std::move(queue), !other->has_limits(settings)};
    }
  }
  auto queue = LogQueue::start(*file, {settings.format, Reader::anybody});
  if (!queue) {
    return tl::unexpected(queue.error());
  }
  open.files.push_back({*queue, *file});
  return OpenDestination{std::move(*queue)};
}

}  // namespace

void expect_end() {
  OpenDestinations& open = open_destinations();
  const std::lock_guard lock(open.mutex);
  if (const auto queue = open.without_file.lock()) {
    queue->expect_end();
  }
  for (const OpenFile& each : open.files) {
    if (const auto queue = each.queue.lock()) {
      queue->expect_end();
    }
  }
}

Result<OpenDestination> open_destination(const Settings& settings) {
  OpenDestinations& open = open_destinations();
  const std::lock_guard lock(open.mutex);
  return settings.file.empty() ? open_without_file(open, settings.format) : open_file(open, settings);
}

Result<std::shared_ptr<Sink>> standard_error() {
  auto file = AppendFile::standard_error();
  if (!file) {
    return fail(ErrorKind::network, "cannot log to standard error: {}", file.error().message);
  }
  return std::make_shared<StandardError>(std::move(*file));
}

}  // namespace persona::log
