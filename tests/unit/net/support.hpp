// Loops and folders that clean up after themselves.
#pragma once

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "../../support/temporary_folder.hpp"
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

using Folder = support::TemporaryFolder;

}  // namespace persona::net::test
