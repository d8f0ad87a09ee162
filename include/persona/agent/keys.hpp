// What an agent has, and for whom.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persona/agent/messages.hpp"
#include "persona/base/result.hpp"
#include "persona/identity/identity.hpp"
#include "persona/net/users.hpp"

namespace persona::agent {

/// What is said of a key that is not there.
inline constexpr std::string_view no_such_key =
    "no key here is that of this certificate: name both under \"keys\" of the agent, and reload it";

/// Immutable: a reload makes another one. Any thread.
class Keys {
 public:
  struct Rules {
    std::map<net::UserId, std::string> users;  ///< who may ask, with net::user_in_words(), which blocks
    bool tls12_client_hashes = false;
    unsigned signatures_per_second = 1;  ///< for each user
    std::string missing{no_such_key};    ///< what is said of a key that is not there
  };

  /// Of two identities with one key the first counts.
  Keys(Rules rules, const std::vector<std::shared_ptr<const identity::Identity>>& identities);

  const Rules& rules() const { return rules_; }
  /// Null: the user may not ask.
  const std::string* words_of(net::UserId user) const;
  std::size_t size() const { return entries_.size(); }

  /// Of all keys, sorted.
  std::vector<std::string> names() const;

  /// The subject of its certificate; empty: there is no such key.
  std::string name_of(const SpkiPin& key) const;

  /// How it signs; nothing: there is no such key.
  std::vector<pk::Scheme> schemes_of(const SpkiPin& key) const;

  /// Computes: not on a loop. Failure: a sentence for whoever asks.
  Result<Bytes> sign(const SpkiPin& key, const ToSign& order) const;

 private:
  struct Entry {
    std::shared_ptr<const identity::Identity> identity;
    std::string name;
  };

  Rules rules_;
  std::map<std::array<std::uint8_t, 32>, Entry> entries_;  // by the SHA-256 of the public key
};

}  // namespace persona::agent
