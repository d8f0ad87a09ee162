// A token that was found, with its sessions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "library.hpp"
#include "memory.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/duration.hpp"
#include "persona/x509/secret.hpp"
#include "token_error.hpp"

namespace persona::token {

/// One token, whose user is logged in where there is a PIN. All who use it share one, as some tokens have few
/// sessions. These are opened as they are needed, and closed by the destructor. All functions block for as
/// long as the token takes. Any thread.
class Link : public std::enable_shared_from_this<Link> {
 public:
  static constexpr std::size_t most_sessions = 16;
  static constexpr Milliseconds patience{5'000};  ///< for a session while others have them all

  /// A session that is one's own as long as this lives.
  class Session {
   public:
    Session(std::shared_ptr<Link> link, CK_SESSION_HANDLE handle) : link_(std::move(link)), handle_(handle) {}
    ~Session();
    Session(Session&& other) noexcept = default;
    Session& operator=(Session&&) = delete;

    CK_SESSION_HANDLE handle() const { return handle_; }
    void is_unusable() { usable_ = false; }  ///< it is closed then

   private:
    std::shared_ptr<Link> link_;  // null: moved from
    CK_SESSION_HANDLE handle_;
    bool usable_ = true;
  };

  /// The one token that the URI means, with its user logged in. `pin` null: nobody logs in.
  static TokenResult<std::shared_ptr<Link>> find(const Uri& uri, const x509::Secret* pin);

  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  TokenResult<Session> session();

  /// What was known of the token counts no more: find() makes another.
  void is_lost();

  /// Handles of what the URI means and is of this class: two at the most, as more make no difference.
  TokenResult<std::vector<CK_OBJECT_HANDLE>> objects(const Uri& uri, CK_OBJECT_CLASS of_class);
  /// The same by attributes.
  TokenResult<std::vector<CK_OBJECT_HANDLE>> objects(std::vector<CK_ATTRIBUTE> like);

  /// Nothing: the object has no such attribute, or does not show it.
  TokenResult<std::optional<Bytes>> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

  struct Order {
    CK_OBJECT_HANDLE key = 0;
    CK_MECHANISM mechanism{};
    ByteView input;
    bool asks_for_pin = false;  ///< for each signature (CKA_ALWAYS_AUTHENTICATE)
  };
  TokenResult<Bytes> sign(const Order& order, const x509::Secret* pin);

  const std::string& name() const { return name_; }  ///< "the token "db""
  bool wants_login() const { return wants_login_; }  ///< before it shows private keys

 private:
  static std::shared_ptr<Link> shared(std::shared_ptr<Library> library, CK_FUNCTION_LIST* module,
                                      CK_SLOT_ID slot, const CK_TOKEN_INFO& info);
  Link(std::shared_ptr<Library> library, CK_FUNCTION_LIST* module, CK_SLOT_ID slot,
       const CK_TOKEN_INFO& info);

  TokenResult<void> log_in(CK_SESSION_HANDLE session, const x509::Secret& pin);
  /// `user`: CKU_USER, or CKU_CONTEXT_SPECIFIC for a signature that has begun. Never with a PIN that was
  /// refused.
  TokenResult<void> give_pin(CK_SESSION_HANDLE session, CK_USER_TYPE user, const x509::Secret& pin);
  void give_back(CK_SESSION_HANDLE session, bool usable);

  std::shared_ptr<Library> library_;
  CK_FUNCTION_LIST* module_;
  CK_SLOT_ID slot_;
  std::string name_;
  bool wants_login_;
  std::shared_ptr<PinMemory> pins_;
  std::atomic<bool> lost_{false};

  std::mutex mutex_;  // of what follows
  std::condition_variable returned_;
  std::vector<CK_SESSION_HANDLE> idle_;
  std::size_t open_ = 0;
  std::size_t most_;
};

}  // namespace persona::token
