// Which names are being looked up, who waits for them, and whose turn is next.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "persona/net/loop.hpp"

namespace persona::net {

class Lookup;

/// Shared by its Lookup, by the table while it waits, and by the task that takes the answer to its loop.
struct Waiter {
  Loop& loop;
  Lookup* lookup;  ///< null: destroyed. Loop's thread only
  std::string account;
  std::string host;
  bool waits = false;  ///< this and `place` belong to the table
  std::list<std::shared_ptr<Waiter>>::iterator place{};
};

using Waiters = std::list<std::shared_ptr<Waiter>>;

/// No threads and no lock: its user provides both.
class LookupTable {
 public:
  /// `bound`: how many look-ups an account may run at a time.
  explicit LookupTable(std::size_t bound) : bound_(bound) {}

  /// True: the caller must look up the name now. False: that look-up runs already, or must wait for its turn.
  bool add(const std::shared_ptr<Waiter>& waiter);

  /// It stops waiting. No effect if its look-up has already ended.
  void remove(Waiter& waiter);

  struct Ended {
    Waiters waiters;                  ///< to receive the answer
    std::optional<std::string> next;  ///< the name that the caller must look up now instead
  };

  /// The look-up of `host` has ended.
  Ended end(const std::string& host);

  bool under_way(const std::string& host) const;
  std::size_t bound() const { return bound_; }

 private:
  struct Name {
    std::optional<std::string> charged;  // whose look-up is running; none is: it waits for its turn
    Waiters waiters;
  };
  struct Account {
    std::size_t under_way = 0;
    std::deque<std::string> turns;  // empty unless `bound_` are running; some may be obsolete
  };

  bool wants(const std::string& account, const std::string& host) const;

  const std::size_t bound_;
  std::unordered_map<std::string, Name> names_;        // being looked up or waited for
  std::unordered_map<std::string, Account> accounts_;  // those with a running look-up
};

}  // namespace persona::net
