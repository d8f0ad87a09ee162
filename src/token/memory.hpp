// What is remembered of tokens as long as the process runs, whatever is loaded anew: a PIN that was refused,
// and what a key cannot do.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "turn.hpp"

namespace persona::token {

/// Tokens lock after a few wrong PINs, and a wrong one does not become right by being tried again. One for
/// each token. Any thread.
class PinMemory {
 public:
  /// `token` is whatever tells it from others.
  static std::shared_ptr<PinMemory> of(const std::string& token);

  /// Held from the question whether a PIN was refused until it is known whether it is now: of many that log
  /// in at once, one tries a PIN that is wrong.
  Turn turn;

  // In one's turn alone.
  bool was_refused(std::string_view pin) const;
  void refused(std::string_view pin);

 private:
  using Digest = std::array<std::uint8_t, 32>;
  static Digest digest_of(std::string_view pin);

  std::set<Digest> refused_;
};

/// What a key was seen to be able to do when it was last there. Any thread.
struct Abilities {
  /// Of a private key's URI.
  static std::shared_ptr<Abilities> of(const std::string& uri);

  std::atomic<bool> rsa_pkcs1{true};
  std::atomic<bool> rsa_pss{true};
};

}  // namespace persona::token
