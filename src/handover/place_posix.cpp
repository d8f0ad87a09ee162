#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "persona/handover/place.hpp"

namespace persona::handover {

namespace {

constexpr std::size_t longest_path = 107;

/// FNV-1a: short, and the same in every version.
std::uint64_t fingerprint(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

std::string folder() {
  const char* given = getenv("RUNTIME_DIRECTORY");
  if (given != nullptr && *given == '/') {
    const std::string all(given);
    return all.substr(0, all.find(':'));  // several are separated by colons (systemd.exec(5))
  }
  return fmt::format("{}/persona-{}", geteuid() == 0 ? "/run" : "/tmp", geteuid());
}

}  // namespace

Result<Endpoint> place_of(const std::filesystem::path& config) {
  Endpoint place;
  place.kind = Endpoint::Kind::unix_socket;
  const std::string where = folder();
  if (mkdir(where.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail(ErrorKind::network, "cannot make {}: {}", where, std::generic_category().message(errno));
  }
  struct stat status {};
  if (lstat(where.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || !is_trusted(status.st_uid) ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorKind::network, "{} is not a folder in which only this user may write: remove it", where);
  }
  std::error_code error;
  std::string name = std::filesystem::absolute(config, error).lexically_normal().string();
  while (name.size() > 1 && name.back() == '/') {
    name.pop_back();
  }
  place.path = fmt::format("{}/{:016x}.handover", where, fingerprint(name));
  if (place.path.size() > longest_path) {
    return fail(ErrorKind::network, "the path {} is too long for a Unix socket", place.path);
  }
  return place;
}

bool is_trusted(std::uint32_t user) {
  return user == geteuid() || user == 0;
}

int own_pid() {
  return getpid();
}

}  // namespace persona::handover
