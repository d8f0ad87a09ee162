#include "persona/net/file_watcher.hpp"

#include <algorithm>
#include <utility>

#include "file_name.hpp"
#include "persona/base/path_text.hpp"
#include "persona/net/error.hpp"

namespace persona::net {

HandlePtr<FolderWatch> FolderWatch::create(Loop& loop, const std::filesystem::path& folder,
                                           std::function<void(std::string_view)> changed, int& error) {
  auto* watch = new FolderWatch;
  watch->changed_ = std::move(changed);
  watch->handle_.data = watch;
  if (error = uv_fs_event_init(loop.uv(), &watch->handle_); error != 0) {
    delete watch;
    return nullptr;
  }
  HandlePtr<FolderWatch> owned(watch);
  const auto fire = [](uv_fs_event_t* handle, const char* name, int, int status) {
    // An error also means that something happened: report it, and the check of the files will see what.
    const bool known = name != nullptr && status == 0;
    static_cast<FolderWatch*>(handle->data)->changed_(known ? std::string_view(name) : std::string_view());
  };
  if (error = uv_fs_event_start(&watch->handle_, fire, folder.string().c_str(), 0); error != 0) {
    return nullptr;
  }
  return owned;
}

void FolderWatch::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<FolderWatch*>(handle->data); });
}

FileWatcher::FileWatcher(Loop& loop, std::function<void()> changed)
    : loop_(loop),
      changed_(std::move(changed)),
      timer_(Timer::create(loop, nullptr)),
      rest_timer_(Timer::create(loop, nullptr)) {}

FileWatcher::Outcome FileWatcher::watch(const Places& places) {
  std::erase_if(folders_, [&](const auto& each) { return !places.contains(each.first); });
  Outcome outcome;
  for (const auto& [folder, names] : places) {
    if (const auto known = folders_.find(folder); known != folders_.end()) {
      known->second.names = names;
      continue;
    }
    int error = 0;
    const auto changed = [this, key = folder](std::string_view name) { notified(key, name); };
    auto handle = FolderWatch::create(loop_, folder.path, changed, error);
    if (handle) {
      folders_.emplace(folder, Watched{names, std::move(handle), precise_now()});
      outcome.added = true;
    } else if (error != UV_ENOENT && error != UV_ENOTDIR) {  // removed since; the next check will notice
      outcome.problem =
          fmt::format("cannot watch {} for changes: {}", folder.path.string(), error_words(error));
    }
  }
  return outcome;
}

void FileWatcher::notified(const Place& folder, std::string_view name) {
  const auto found = folders_.find(folder);
  if (found == folders_.end()) {
    return;
  }
  if (name.empty() || name == folder.path.filename().string()) {
    // The folder itself was removed or renamed, and inotify's watch is gone. A new folder may get the
    // same inode number, so forget this one: the next watch() then adds it again.
    folders_.erase(found);
    noticed();
    return;
  }
  Watched& watched = found->second;
  const std::string key = file_name_key(name);
  if (watched.names.contains(key) ||
      watched.names.contains("*" + path_text(path_from_text(key).extension()))) {
    noticed();
  }
  const Milliseconds now = precise_now();
  if (now - watched.since > rest) {
    watched.since = now;
    watched.notifications = 0;
  }
  if (++watched.notifications >= flood) {
    watched.handle.reset();  // it stays in folders_, so that watch() does not add it again
    rest_timer_->start(rest, [this] { return_to_folders(); });
  }
}

void FileWatcher::return_to_folders() {
  std::erase_if(folders_, [](const auto& each) { return each.second.handle == nullptr; });
  changed_();  // and the next watch() adds them again
}

void FileWatcher::noticed() {
  const Milliseconds now = precise_now();
  if (!first_noticed_) {
    first_noticed_ = now;
  }
  const Milliseconds left = std::max(*first_noticed_ + longest - now, Milliseconds(0));
  timer_->start(std::min(quiet, left), [this] {
    first_noticed_.reset();
    changed_();
  });
}

}  // namespace persona::net
