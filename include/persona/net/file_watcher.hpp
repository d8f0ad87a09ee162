// Tells when names in folders change (uv_fs_event), a moment after the last of a burst of changes.
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

/// One folder. Loop's thread only, or before the loop runs.
class FolderWatch {
 public:
  /// `changed` gets the name that changed; empty: unknown, any may have. `error`: a libuv error code.
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

/// Loop's thread only, or before the loop runs. To be let go before the loop can end.
class FileWatcher {
 public:
  static constexpr Milliseconds quiet{250};     ///< without further changes, before it is told
  static constexpr Milliseconds longest{1000};  ///< a burst that does not end is told all the same

  FileWatcher(Loop& loop, std::function<void()> changed);

  struct Outcome {
    bool added = false;  ///< a folder that was not watched before: look again, it may have changed since
    std::optional<std::string> problem;  ///< a sentence, when some cannot be watched; the others are
  };

  /// Watches these places from now on, and no others.
  Outcome watch(const Places& places);

 private:
  struct Watched {
    std::set<std::string> names;
    HandlePtr<FolderWatch> handle;
  };

  void noticed();

  Loop& loop_;
  std::function<void()> changed_;
  std::map<Place, Watched> folders_;
  HandlePtr<Timer> timer_;
  std::optional<Milliseconds> first_noticed_;  // of the burst
};

}  // namespace persona::net
