// Has a file changed? What can be known without reading it, and where to watch for changes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace persona::net {

/// Describes the file that a path resolves to. It differs once the file is written or renamed over, or once a
/// symbolic link on the path points elsewhere. Times are in nanoseconds since 1970.
struct FileStamp {
  int error = 0;  ///< a libuv error code if stat(2) failed, else 0
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::int64_t changed = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Blocks on the file system; any thread.
FileStamp stamp_of(const std::filesystem::path& file);

/// One for each file, in order.
std::vector<FileStamp> stamps_of(const std::vector<std::filesystem::path>& files);

/// True if one of them was written so shortly before `now` (nanoseconds since 1970) that another write might
/// leave the same stamp: file systems have coarse clocks.
bool is_fresh(const std::vector<FileStamp>& stamps, std::int64_t now);

/// A folder, identified by more than its path: a new folder of the same name is a different place.
struct Place {
  std::filesystem::path path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const Place&, const Place&) = default;
  friend bool operator<(const Place& left, const Place& right) {
    return std::tie(left.path, left.device, left.inode) < std::tie(right.path, right.device, right.inode);
  }
};

/// Which names to watch in which folders; in upper case where the file system ignores case. "*.yaml": every
/// name with that extension.
using Places = std::map<Place, std::set<std::string>>;

/// Where a change of `files` is visible: in the folder of every symbolic link on the path (Kubernetes swaps
/// `..data`, certbot `live/NAME/cert.pem`), and in the folder of the file itself. For a file that does not
/// exist, it is the first missing name on the path. Blocks on the file system; any thread.
Places places_of(const std::vector<std::filesystem::path>& files);

/// Where it is visible that files with this extension (".yaml") come to a folder, and go. Blocks likewise.
void add_place_of_all(Places& places, const std::filesystem::path& folder, std::string_view extension);

}  // namespace persona::net
