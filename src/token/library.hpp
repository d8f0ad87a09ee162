// PKCS#11 modules: shared libraries by which tokens are spoken to.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <p11-kit/p11-kit.h>

#include "persona/base/result.hpp"
#include "persona/token/uri.hpp"

namespace persona::token {

/// The modules that a URI means, initialised. All that want the same ones share them, as a module is
/// initialised once in a process. They are finalised when the last user has gone, or by close(). Nothing is
/// loaded before the first open(). Any thread.
class Library {
 public:
  /// Blocks.
  static Result<std::shared_ptr<Library>> open(const Uri& uri);

  /// Finalises them, whoever has them, and the next open() initialises them anew: a module that speaks to
  /// another process (p11-kit-client.so) does not find one that was restarted otherwise. Where a call does
  /// not come back in time, that waits for the last who has them.
  static void close(const std::shared_ptr<Library>& library);

  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const std::vector<CK_FUNCTION_LIST*>& modules() const { return modules_; }

  /// Calls what calls a module, one at a time if the module cannot lock. After close() it is not called.
  template <class Call>
  CK_RV call(Call call) {
    const Use use(*this);
    return use.is_open() ? call() : CKR_CRYPTOKI_NOT_INITIALIZED;
  }

  /// How many tokens of it are in use.
  std::atomic<int> links{0};

 private:
  /// A call that is under way.
  class Use {
   public:
    explicit Use(Library& library);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    bool is_open() const { return library_ != nullptr; }

   private:
    Library* library_;  // null: it was closed
  };

  explicit Library(std::string key) : key_(std::move(key)) {}
  Result<void> load_one(const std::string& path);
  Result<void> load_configured(const std::string& name);
  CK_RV initialise_alone(const std::string& path);
  void finalise();

  std::string key_;                          // in the registry
  std::vector<CK_FUNCTION_LIST*> modules_;   // that were initialised
  CK_FUNCTION_LIST** configured_ = nullptr;  // all that p11-kit is configured with; null: one by its path
  bool serial_ = false;                      // initialised without p11-kit, as it cannot lock
  bool finalised_ = false;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  int uses_ = 0;
  bool closed_ = false;
};

}  // namespace persona::token
