// Loops and folders that clean up after themselves.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "persona/net/loop.hpp"

namespace persona::net::test {

/// A loop that must close without a handle left: every test is a leak test.
class TestLoop {
 public:
  TestLoop() {
    auto created = Loop::create();
    REQUIRE(created);
    loop_ = std::move(*created);
  }
  ~TestLoop() {
    loop_->finish();
    loop_->run();
    CHECK(loop_->close());
  }

  Loop& operator*() { return *loop_; }
  Loop* operator->() { return loop_.get(); }

 private:
  std::unique_ptr<Loop> loop_;
};

/// A fresh temporary folder.
class Folder {
 public:
  Folder();
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a server that was killed leaves behind.
void leave_stale_socket(const std::string& path);

}  // namespace persona::net::test
