// Landlock: landlock(7). The kernel's headers of Debian 12 end before rules for ports, so that what follows
// them is written down here (uapi/linux/landlock.h).
#ifdef __linux__
#include <cerrno>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#endif

#include "layers_posix.hpp"

namespace persona::host {

#if defined(__linux__) && defined(SYS_landlock_create_ruleset)

namespace {

namespace fs = std::filesystem;

struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;  // version 4
  std::uint64_t scoped = 0;              // version 6
};

struct PortAttributes {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};

constexpr int rule_of_port = 2;
constexpr std::uint64_t bind_tcp = 1U << 0;
constexpr std::uint64_t connect_tcp = 1U << 1;
constexpr std::uint64_t scope_abstract_socket = 1U << 0;
constexpr std::uint64_t scope_signal = 1U << 1;
constexpr std::uint64_t refer = 1U << 13;      // version 2
constexpr std::uint64_t truncate = 1U << 14;   // version 3
constexpr std::uint64_t ioctl_dev = 1U << 15;  // version 5
constexpr int with_refer = 2;
constexpr int with_truncate = 3;
constexpr int with_ioctl = 5;
constexpr int with_scopes = 6;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorKind::internal, "sandbox: Landlock refuses {}: {}; with sandbox: off persona runs without",
              what, std::generic_category().message(errno));
}

std::uint64_t all_of_files(int version) {
  std::uint64_t all =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
      LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
      LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
      LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
      LANDLOCK_ACCESS_FS_MAKE_SYM;
  all |= version >= with_refer ? refer : 0;
  all |= version >= with_truncate ? truncate : 0;
  return all | (version >= with_ioctl ? ioctl_dev : 0);
}

class Ruleset {
 public:
  Ruleset(const RulesetAttributes& attributes, std::size_t size)
      : descriptor_(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0))),
        files_(attributes.handled_access_fs) {}

  bool is_made() const { return descriptor_.get() >= 0; }

  /// What does not exist needs no rule.
  bool allow(const fs::path& path, std::uint64_t access) const {
    const Descriptor at(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (at.get() < 0 || fstat(at.get(), &status) != 0) {
      return errno == ENOENT || errno == EACCES || errno == ENOTDIR;
    }
    constexpr std::uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                       LANDLOCK_ACCESS_FS_READ_FILE | truncate | ioctl_dev;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access & files_ & (S_ISDIR(status.st_mode) ? ~std::uint64_t{0} : of_files);
    rule.parent_fd = at.get();
    return rule.allowed_access == 0 ||
           syscall(SYS_landlock_add_rule, descriptor_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  }

  bool allow_port(std::uint16_t port, std::uint64_t access) const {
    const PortAttributes rule{access, port};
    return syscall(SYS_landlock_add_rule, descriptor_.get(), rule_of_port, &rule, 0) == 0;
  }

  bool enforce() const { return syscall(SYS_landlock_restrict_self, descriptor_.get(), 0) == 0; }

 private:
  Descriptor descriptor_;
  std::uint64_t files_;
};

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

bool allow_files(const Ruleset& rules, const Confinement& wanted) {
  constexpr std::uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  constexpr std::uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | truncate;
  // /proc/self alone would not do: its inode is another one each time that it was dropped from memory. Of
  // others it shows what every process may see: Landlock takes ptrace(2)'s rights.
  bool good = rules.allow("/proc", read) && rules.allow("/dev/null", write);
#ifdef PERSONA_SANITIZED
  constexpr bool names_itself = true;  // by the program's file, and so do what suppresses reports
#else
  constexpr bool names_itself = false;
#endif
  good = good && ((!wanted.reads_everything && !names_itself) || rules.allow("/", read));
  for (const fs::path& folder : wanted.listed) {
    good = good && rules.allow(folder, LANDLOCK_ACCESS_FS_READ_DIR);
  }
  for (const fs::path& file : wanted.logs) {
    good = good && rules.allow(file, write) &&
           rules.allow(folder_of(file), write | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                            LANDLOCK_ACCESS_FS_REMOVE_FILE);
  }
  for (const fs::path& folder : wanted.sockets) {
    good = good && rules.allow(folder, LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE);
  }
  return good;
}

bool allow_ports(const Ruleset& rules, const std::optional<std::vector<std::uint16_t>>& ports,
                 std::uint64_t access) {
  for (const std::uint16_t port : ports.value_or(std::vector<std::uint16_t>())) {
    if (!rules.allow_port(port, access)) {
      return false;
    }
  }
  return true;
}

}  // namespace

int landlock_version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<void> restrict_by_landlock(const Confinement& wanted, int version) {
  RulesetAttributes attributes;
  attributes.handled_access_fs = all_of_files(version);
  std::size_t size = sizeof attributes.handled_access_fs;
  if (version >= landlock_with_ports) {
    attributes.handled_access_net = (wanted.bind ? bind_tcp : 0) | (wanted.connect ? connect_tcp : 0);
    size += sizeof attributes.handled_access_net;
  }
  if (version >= with_scopes) {
    attributes.scoped = scope_signal | (wanted.abstract_sockets ? 0 : scope_abstract_socket);
    size += sizeof attributes.scoped;
  }
  const Ruleset rules(attributes, size);
  if (!rules.is_made()) {
    return failed("to begin");
  }
  if (!allow_files(rules, wanted)) {
    return failed("a rule for files");
  }
  if (version >= landlock_with_ports &&
      (!allow_ports(rules, wanted.connect, connect_tcp) || !allow_ports(rules, wanted.bind, bind_tcp))) {
    return failed("a rule for a port");
  }
  return rules.enforce() ? Result<void>() : Result<void>(failed("to be in force"));
}

#else

int landlock_version() {
  return 0;
}

Result<void> restrict_by_landlock(const Confinement& /*wanted*/, int /*version*/) {
  return {};
}

#endif

}  // namespace persona::host
