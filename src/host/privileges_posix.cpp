#include <algorithm>
#include <array>
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <system_error>
#include <unistd.h>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "layers_posix.hpp"

namespace persona::host {

namespace {

tl::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorKind::configuration, "{}: {}", what, std::generic_category().message(errno));
}

#ifdef __linux__

constexpr unsigned bits_in_word = 32;

struct Capabilities {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> words{};

  bool read() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return syscall(SYS_capget, &header, words.data()) == 0;
  }
  bool write() const {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return syscall(SYS_capset, &header, words.data()) == 0;
  }
  bool has(unsigned capability) const {
    return (words.at(capability / bits_in_word).permitted >> capability % bits_in_word & 1U) != 0;
  }
  void keep(std::initializer_list<unsigned> wanted) {
    std::array<std::uint32_t, _LINUX_CAPABILITY_U32S_3> mask{};
    for (const unsigned each : wanted) {
      mask.at(each / bits_in_word) |= 1U << each % bits_in_word;
    }
    for (std::size_t at = 0; at < words.size(); ++at) {
      words.at(at).permitted &= mask.at(at);
      words.at(at).effective = words.at(at).permitted;
      words.at(at).inheritable = 0;
    }
  }
};

#endif

}  // namespace

bool users_can_change() {
  return true;
}

Result<void> become_user(std::uint32_t user) {
  if (geteuid() == user && getuid() == user) {
    return {};
  }
  if (geteuid() != 0) {
    return fail(
        ErrorKind::configuration,
        "user: only root can become another user, and persona runs as uid {}: start it as root, or as "
        "that user without this key",
        geteuid());
  }
  std::array<char, 16'384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0) {
    return failed("user: cannot look up its groups");
  }
  const gid_t group = found != nullptr ? found->pw_gid : static_cast<gid_t>(user);
#ifdef __linux__
  // What is kept is what drop_privileges() leaves; without it all would be lost with the user.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
    return failed("user: cannot keep the right to listen on ports below 1024");
  }
#endif
  if ((found != nullptr ? initgroups(found->pw_name, group) : setgroups(0, nullptr)) != 0 ||
      setgid(group) != 0 || setuid(user) != 0) {
    return failed("user: cannot become that user");
  }
#ifdef __linux__
  Capabilities capabilities;
  if (!capabilities.read()) {
    return failed("user: cannot read our capabilities");
  }
  capabilities.keep({CAP_NET_BIND_SERVICE, CAP_IPC_LOCK, CAP_SETPCAP});
  if (!capabilities.write()) {
    return failed("user: cannot keep the right to listen on ports below 1024");
  }
#endif
  return {};
}

#ifdef __linux__

bool is_privileged() {
  return geteuid() == 0;
}

Result<void> drop_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failed("sandbox: cannot give up new privileges");
  }
  Capabilities capabilities;
  if (!capabilities.read()) {
    return failed("sandbox: cannot read our capabilities");
  }
  const bool may_bound = capabilities.has(CAP_SETPCAP);
  for (unsigned each = 0; may_bound && each <= CAP_LAST_CAP; ++each) {
    static_cast<void>(prctl(PR_CAPBSET_DROP, each, 0, 0, 0));  // fails for those that this kernel lacks
  }
  static_cast<void>(
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));  // before Linux 4.3 there are none
  if (geteuid() == 0) {
    // Root without them could not write where persona's own logs and sockets are, or read keys of others.
    capabilities.keep({CAP_NET_BIND_SERVICE, CAP_IPC_LOCK, CAP_DAC_OVERRIDE, CAP_CHOWN, CAP_FOWNER});
  } else {
    capabilities.keep({CAP_NET_BIND_SERVICE, CAP_IPC_LOCK});
  }
  if (!capabilities.write()) {
    return failed("sandbox: cannot give up capabilities");
  }
  return {};
}

#else

bool is_privileged() {
  return geteuid() == 0;
}

Result<void> drop_privileges() {
  return {};
}

#endif

}  // namespace persona::host
