// Which names are looked up, who waits for them, and whose turn is next.
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

/// Kept by its Lookup, by the table while it waits, and by the task that takes the answer to its loop.
struct Waiter {
  Loop& loop;
  Lookup* lookup;  ///< null: let go. Loop's thread only
  std::string account;
  std::string host;
  bool waits = false;  ///< the table's, as is `place`
  std::list<std::shared_ptr<Waiter>>::iterator place{};
};

using Waiters = std::list<std::shared_ptr<Waiter>>;

/// No threads and no lock: whoever has it sees to that.
class LookupTable {
 public:
  /// `bound`: look-ups that an account has under way at a time.
  explicit LookupTable(std::size_t bound) : bound_(bound) {}

  /// True: now its name is under way, and the caller looks it up. False: it is already, or waits for its
  /// turn.
  bool add(const std::shared_ptr<Waiter>& waiter);

  /// It does not wait any more. Nothing happens when its name was looked up meanwhile.
  void remove(Waiter& waiter);

  struct Ended {
    Waiters waiters;                  ///< for the answer
    std::optional<std::string> next;  ///< now under way in its place, for the caller to look up
  };

  /// The look-up of `host` has ended.
  Ended end(const std::string& host);

  bool under_way(const std::string& host) const;
  std::size_t bound() const { return bound_; }

 private:
  struct Name {
    std::optional<std::string> charged;  // whose look-up is under way; none is: it waits for its turn
    Waiters waiters;
  };
  struct Account {
    std::size_t under_way = 0;
    std::deque<std::string> turns;  // empty unless `bound_` are under way; some may have become needless
  };

  bool wants(const std::string& account, const std::string& host) const;

  const std::size_t bound_;
  std::unordered_map<std::string, Name> names_;        // under way or waited for
  std::unordered_map<std::string, Account> accounts_;  // with a look-up under way
};

}  // namespace persona::net
