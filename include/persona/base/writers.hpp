// Who may change a file: whoever replaces a configuration, a CA or a key decides whom we trust (as sshd's
// StrictModes). Platform: writers_posix.cpp, writers_windows.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace persona {

/// Who may change files besides root (on Windows the system, administrators and a file's owner) and
/// ourselves.
struct TrustedWriters {
  /// POSIX: the file of the private key. When root asks, its owner is who the service runs as.
  std::filesystem::path private_key{};
  /// Windows: the name of the service, which has an identity of its own.
  std::string service{};
};

struct ChangeableByOthers {
  std::filesystem::path path;  ///< the file, or a folder or link on the way to it
  std::string
      sentence;  ///< "/srv/ca.pem can be changed by everyone (mode 0666), ...: chmod go-w /srv/ca.pem"
};

/// POSIX: the file and every folder and link that leads to it, the root first. A folder that others may write
/// is fine if it is sticky and what is used in it belongs to somebody trusted; the group of a user alone is
/// that user. Windows: the file and its folder, by their access lists; what denies is not looked at, so there
/// may be one too many. Empty also for what cannot be looked at. Blocks on the file system.
std::vector<ChangeableByOthers> changeable_by_others(const std::filesystem::path& file,
                                                     const TrustedWriters& trusted);

/// Looks in place of this process, which may not read what that needs. Any thread.
using WritersJudge = std::function<std::vector<ChangeableByOthers>(const std::filesystem::path& file,
                                                                   const TrustedWriters& trusted)>;

/// From now on changeable_by_others() asks `judge`; an empty one: it looks itself. Before there are other
/// threads. On Windows it has no effect.
void judge_writers_by(WritersJudge judge);

}  // namespace persona
