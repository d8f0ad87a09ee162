#include "persona/net/file_stamp.hpp"

#include <deque>
#include <system_error>

#include <uv.h>

#include "file_name.hpp"
#include "persona/base/path_text.hpp"

namespace persona::net {

namespace fs = std::filesystem;

namespace {

// Linux's file systems use the time of the kernel's tick, every 1 to 10 ms; NTFS counts in 100 ns.
constexpr std::int64_t tick = 50'000'000;

// FAT counts in two seconds, some network file systems in one: a time in whole seconds may come from one of
// them.
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t coarse_tick = 2 * second + tick;

constexpr int most_links = 40;  // the limit of Linux (path_resolution(7))

std::int64_t nanoseconds(const uv_timespec_t& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void add(Places& places, const fs::path& folder, const fs::path& name) {
  const FileStamp stamp = stamp_of(folder);
  if (stamp.error == 0) {
    places[{folder, stamp.device, stamp.inode}].insert(file_name_key(path_text(name)));
  }
}

void prepend(std::deque<fs::path>& names, const fs::path& path) {
  std::deque<fs::path> before;
  for (const fs::path& part : path.relative_path()) {
    before.push_back(part);
  }
  names.insert(names.begin(), before.begin(), before.end());
}

/// Walks the path name by name, as the kernel would.
void add_places(Places& places, const fs::path& file) {
  std::error_code failed;
  const fs::path whole = fs::absolute(file, failed);
  if (failed) {
    return;
  }
  std::deque<fs::path> names;
  prepend(names, whole);
  fs::path folder = whole.root_path();
  for (int links = 0; !names.empty();) {
    const fs::path name = names.front();
    names.pop_front();
    if (name.empty() || name == ".") {
      continue;
    }
    if (name == "..") {
      folder = folder.parent_path();  // not a symbolic link: those were resolved
      continue;
    }
    const fs::path path = folder / name;
    const fs::file_status status = fs::symlink_status(path, failed);
    if (fs::is_symlink(status) && ++links <= most_links) {
      add(places, folder, name);
      const fs::path target = fs::read_symlink(path, failed);
      if (target.is_absolute()) {
        folder = target.root_path();
      }
      prepend(names, target);
    } else if (names.empty() || !fs::is_directory(status)) {
      add(places, folder, name);
      return;
    } else {
      folder = path;
    }
  }
}

}  // namespace

FileStamp stamp_of(const fs::path& file) {
  uv_fs_t request;
  FileStamp stamp;
  // Without a callback it is synchronous and needs no loop.
  stamp.error = uv_fs_stat(nullptr, &request, path_text(file).c_str(), nullptr);
  if (stamp.error == 0) {
    const uv_stat_t& found = request.statbuf;
    stamp.device = found.st_dev;
    stamp.inode = found.st_ino;
    stamp.size = found.st_size;
    stamp.modified = nanoseconds(found.st_mtim);
    stamp.changed = nanoseconds(found.st_ctim);
  }
  uv_fs_req_cleanup(&request);
  return stamp;
}

std::vector<FileStamp> stamps_of(const std::vector<fs::path>& files) {
  std::vector<FileStamp> stamps;
  stamps.reserve(files.size());
  for (const fs::path& file : files) {
    stamps.push_back(stamp_of(file));
  }
  return stamps;
}

bool is_fresh(const std::vector<FileStamp>& stamps, std::int64_t now) {
  const auto just_now = [now](std::int64_t time) {
    return time <= now && now - time < (time % second == 0 ? coarse_tick : tick);
  };
  for (const FileStamp& stamp : stamps) {
    if (just_now(stamp.modified) || just_now(stamp.changed)) {
      return true;
    }
  }
  return false;
}

Places places_of(const std::vector<fs::path>& files) {
  Places places;
  for (const fs::path& file : files) {
    add_places(places, file);
  }
  return places;
}

void add_place_of_all(Places& places, const fs::path& folder, std::string_view extension) {
  std::error_code failed;
  const fs::path whole = fs::absolute(folder, failed);
  if (!failed) {
    add(places, whole, path_from_text("*" + std::string(extension)));
    add_places(places, whole);  // a link may come to lead elsewhere
  }
}

}  // namespace persona::net
