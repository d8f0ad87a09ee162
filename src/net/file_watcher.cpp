#include "persona/net/file_watcher.hpp"

#include <algorithm>
#include <utility>

#include "file_name.hpp"
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
    // On an error too something has happened: whoever looks will see.
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
    : loop_(loop), changed_(std::move(changed)), timer_(Timer::create(loop, nullptr)) {}

FileWatcher::Outcome FileWatcher::watch(const Places& places) {
  std::erase_if(folders_, [&](const auto& each) { return !places.contains(each.first); });
  Outcome outcome;
  for (const auto& [folder, names] : places) {
    if (const auto known = folders_.find(folder); known != folders_.end()) {
      known->second.names = names;
      continue;
    }
    int error = 0;
    const auto changed = [this, key = folder](std::string_view name) {
      const auto found = folders_.find(key);
      if (found == folders_.end()) {
        return;
      }
      if (name.empty() || name == key.path.filename().string()) {
        // The folder itself went or was renamed, and inotify's watch with it. One that comes back may have
        // the same inode number, so what tells them apart is that this one is no longer known.
        folders_.erase(found);
        noticed();
      } else if (found->second.names.contains(file_name_key(name))) {
        noticed();
      }
    };
    auto handle = FolderWatch::create(loop_, folder.path, changed, error);
    if (handle) {
      folders_.emplace(folder, Watched{names, std::move(handle)});
      outcome.added = true;
    } else if (error != UV_ENOENT && error != UV_ENOTDIR) {  // it has gone since; the next look will tell
      outcome.problem =
          fmt::format("cannot watch {} for changes: {}", folder.path.string(), error_words(error));
    }
  }
  return outcome;
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
