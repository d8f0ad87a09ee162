// POSIX only: another platform has its own writers_*.cpp.
#include <algorithm>
#include <array>
#include <deque>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/base/writers.hpp"

namespace persona {

namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // Linux follows as many (path_resolution(7))
constexpr std::size_t entry_size = 16'384;

constexpr std::string_view consequence = "and who changes it decides what persona does and whom it trusts";

std::string user_name(uid_t user) {
  std::array<char, entry_size> buffer{};
  struct passwd entry {};
  struct passwd* found = nullptr;
  return ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr
             ? found->pw_name
             : fmt::format("user {}", user);
}

std::string group_name(gid_t group) {
  std::array<char, entry_size> buffer{};
  struct group entry {};
  struct group* found = nullptr;
  return ::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr
             ? found->gr_name
             : std::to_string(group);
}

/// The group that distributions make for each user, with nobody else in it.
bool is_group_of_user_alone(gid_t group, uid_t user) {
  std::array<char, entry_size> of_user{};
  std::array<char, entry_size> of_group{};
  struct passwd user_entry {};
  struct passwd* user_found = nullptr;
  struct group entry {};
  struct group* found = nullptr;
  if (::getpwuid_r(user, &user_entry, of_user.data(), of_user.size(), &user_found) != 0 ||
      user_found == nullptr || ::getgrgid_r(group, &entry, of_group.data(), of_group.size(), &found) != 0 ||
      found == nullptr) {
    return false;
  }
  const std::string_view name = user_found->pw_name;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (name != *member) {
      return false;
    }
  }
  return user_found->pw_gid == group && name == found->gr_name;
}

/// Follows a path as the kernel does, and judges every entry that it goes through.
class Walk {
 public:
  explicit Walk(const TrustedWriters& trusted) : users_{0, ::geteuid()} {
    struct stat key {};
    if (::geteuid() == 0 && !trusted.private_key.empty() && ::stat(trusted.private_key.c_str(), &key) == 0) {
      users_.push_back(key.st_uid);
    }
  }

  std::vector<ChangeableByOthers> along(const fs::path& file) {
    std::error_code failed;
    const fs::path whole = fs::absolute(file, failed);
    push_front(whole.relative_path());
    fs::path at = whole.root_path();
    bool shared = false;  // is `at` a sticky folder that others may write?
    int links = 0;
    if (failed || !judge(at, shared)) {
      return {};
    }
    while (!parts_.empty()) {
      const fs::path part = std::move(parts_.front());
      parts_.pop_front();
      if (part.empty() || part == ".") {
        continue;
      }
      fs::path next = part == ".." ? at.parent_path() : at / part;
      if (part != ".." && fs::is_symlink(fs::symlink_status(next, failed))) {
        const fs::path target = fs::read_symlink(next, failed);
        judge_link(next, shared);
        if (failed || ++links > most_links) {
          break;
        }
        push_front(target.relative_path());
        if (!target.is_absolute()) {
          continue;
        }
        next = target.root_path();
      }
      if (!judge(next, shared)) {
        break;
      }
      at = std::move(next);
    }
    return std::move(found_);
  }

 private:
  void push_front(const fs::path& path) { parts_.insert(parts_.begin(), path.begin(), path.end()); }

  /// A path may come by the same folder twice.
  void note(const fs::path& path, std::string sentence) {
    if (std::none_of(found_.begin(), found_.end(),
                     [&](const ChangeableByOthers& one) { return one.path == path; })) {
      found_.push_back({path, std::move(sentence)});
    }
  }

  bool is_trusted(uid_t user) const { return std::find(users_.begin(), users_.end(), user) != users_.end(); }

  void note_owner(const fs::path& path, uid_t owner) {
    note(path, fmt::format("{} belongs to {}, {}: chown root {}", path.native(), user_name(owner),
                           consequence, shell_word(path.native())));
  }

  /// The target of a link in a folder of root's is root's choice, whoever the link belongs to.
  void judge_link(const fs::path& path, bool in_shared) {
    struct stat status {};
    if (in_shared && ::lstat(path.c_str(), &status) == 0 && !is_trusted(status.st_uid)) {
      note_owner(path, status.st_uid);
    }
  }

  /// False if it cannot be looked at. `shared` is about the folder itself afterwards.
  bool judge(const fs::path& path, bool& shared) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      return false;
    }
    shared = false;
    const bool everyone = (status.st_mode & S_IWOTH) != 0;
    const bool group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 &&
                       !is_group_of_user_alone(status.st_gid, status.st_uid);
    if (!is_trusted(status.st_uid)) {
      note_owner(path, status.st_uid);
    } else if ((everyone || group) && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0) {
      shared = true;
    } else if (everyone || group) {
      note(path, fmt::format("{} can be changed by {} (mode {:04o}), {}: chmod {} {}", path.native(),
                             everyone ? "everyone" : fmt::format("the group {}", group_name(status.st_gid)),
                             status.st_mode & 07777U, consequence, everyone ? "go-w" : "g-w",
                             shell_word(path.native())));
    }
    return true;
  }

  std::vector<uid_t> users_;
  std::deque<fs::path> parts_;
  std::vector<ChangeableByOthers> found_;
};

WritersJudge& judge_in_use() {
  static WritersJudge judge;
  return judge;
}

}  // namespace

void judge_writers_by(WritersJudge judge) {
  judge_in_use() = std::move(judge);
}

std::vector<ChangeableByOthers> changeable_by_others(const fs::path& file, const TrustedWriters& trusted) {
  const WritersJudge& judge = judge_in_use();
  return judge ? judge(file, trusted) : Walk(trusted).along(file);
}

}  // namespace persona
