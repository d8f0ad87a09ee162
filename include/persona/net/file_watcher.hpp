// Reports when names in folders change (uv_fs_event), shortly after the last change of a burst.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <uv.h>

#include "persona/base/duration.hpp"
#include "persona/base/result.hpp"
#include "persona/net/file_stamp.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::net {

/// Watches one folder. Loop's thread only, or before the loop runs.
class FolderWatch {
 public:
  /// `changed` gets the name that changed; empty: it is not known which. `error`: a libuv error code.
  static HandlePtr<FolderWatch> create(Loop& loop, const std::filesystem::path& folder,
                                       std::function<void(std::string_view name)> changed, int& error);

 private:
  friend struct CloseDeleter;
  FolderWatch() = default;
  ~FolderWatch() = default;
  void close();

  uv_fs_event_t handle_{};
  std::function<void(std::string_view)> changed_;
};

/// Loop's thread only, or before the loop runs. Must be destroyed before the loop can end.
///
/// A folder in which something is written all the time would keep the loop busy with nothing else, because
/// libuv reads its notifications until there are none. So a folder with a flood of them, whatever the names,
/// is left alone for a while. What changes meanwhile is reported when it is watched again.
class FileWatcher {
 public:
  static constexpr int flood = 100;             ///< notifications of one folder within `rest`
  static constexpr Milliseconds rest{1000};     ///< how long it is left alone then
  static constexpr Milliseconds quiet{250};     ///< a burst is reported after this long without changes
  static constexpr Milliseconds longest{1000};  ///< a burst that does not end is reported after this long

  FileWatcher(Loop& loop, std::function<void()> changed);

  struct Outcome {
    bool added = false;  ///< a folder is newly watched, and may have changed before: look again
    std::optional<std::string> problem;  ///< a sentence if a folder cannot be watched; the others are
  };

  /// From now on watches exactly these places.
  Outcome watch(const Places& places);

 private:
  struct Watched {
    std::set<std::string> names;
    HandlePtr<FolderWatch> handle;  // null: left alone
    Milliseconds since{0};          // when counting began
    int notifications = 0;
  };

  void notified(const Place& folder, std::string_view name);
  void noticed();
  void return_to_folders();

  Loop& loop_;
  std::function<void()> changed_;
  std::map<Place, Watched> folders_;
  HandlePtr<Timer> timer_;
  HandlePtr<Timer> rest_timer_;
  std::optional<Milliseconds> first_noticed_;  // when the burst began
};

}  // namespace persona::net
