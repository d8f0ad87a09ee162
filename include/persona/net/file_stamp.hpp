// Has a file changed? What can be known without reading it, and where to watch for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace persona::net {

/// Of the file that a path resolves to: another one whenever it is written, renamed over, or a symbolic link
/// on its path is turned elsewhere. Times in nanoseconds since 1970.
struct FileStamp {
  int error = 0;  ///< a libuv error code, when it cannot be looked at
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::int64_t changed = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Blocks on the file system; any thread.
FileStamp stamp_of(const std::filesystem::path& file);

/// One for each, in order.
std::vector<FileStamp> stamps_of(const std::vector<std::filesystem::path>& files);

/// True when one of them was written so shortly before `now` (nanoseconds since 1970) that another write
/// might leave the same stamp: clocks of file systems tick coarsely.
bool is_fresh(const std::vector<FileStamp>& stamps, std::int64_t now);

/// A folder as it was: another one of the same name is another place.
struct Place {
  std::filesystem::path path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const Place&, const Place&) = default;
  friend bool operator<(const Place& left, const Place& right) {
    return std::tie(left.path, left.device, left.inode) < std::tie(right.path, right.device, right.inode);
  }
};

/// Which names to watch in which folders; in capitals where the file system does not tell them apart.
using Places = std::map<Place, std::set<std::string>>;

/// Where a change of `files` shows: in the folder of every symbolic link on the way to a file (Kubernetes
/// turns `..data`, certbot `live/NAME/cert.pem`), and in the folder where the way ends. Of a file that does
/// not exist, the first name that is missing. Blocks on the file system; any thread.
Places places_of(const std::vector<std::filesystem::path>& files);

}  // namespace persona::net
