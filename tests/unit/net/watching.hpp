// What the tests of watched files have in common.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "persona/net/file_watcher.hpp"
#include "support.hpp"

namespace persona::net::test {

inline void write(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// "folder/name" of all places below `root`, links resolved.
inline std::set<std::string> names_in(const Places& places, const std::filesystem::path& root) {
  std::set<std::string> result;
  for (const auto& [folder, names] : places) {
    for (const auto& name : names) {
      if (folder.path.string().starts_with(root.string())) {
        result.insert((folder.path / name).lexically_relative(root).string());
      }
    }
  }
  return result;
}

using Names = std::set<std::string>;

/// Runs the loop until the watcher has told `count` times, or `patience` has passed.
struct Watching {
  TestLoop loop;
  int told = 0;
  std::unique_ptr<FileWatcher> watcher = std::make_unique<FileWatcher>(*loop, [this] { ++told; });

  ~Watching() { watcher.reset(); }

  bool told_within(Milliseconds patience, int count = 1) {
    bool over = false;
    const auto timer = Timer::create(*loop, nullptr);
    timer->start(patience, [&over] { over = true; });
    while (!over && told < count) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
    return told >= count;
  }
};

inline constexpr Milliseconds long_enough{10'000};

}  // namespace persona::net::test
