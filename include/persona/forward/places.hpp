// Who has a place at a service: open connections, and strangers who have not finished their handshake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "persona/base/address.hpp"

namespace persona::forward {

class Worker;

/// What counts as one source: an IPv4 address, or the /64 of an IPv6 address, all of which a single host
/// usually has (RFC 4291 section 2.5.4). Link-local addresses are counted one by one, because every host of
/// a link has the same /64 (section 2.5.6).
IpAddress source_of(const IpAddress& address);

/// Thread-safe; locked three times per connection. A stranger is a client of a gateway until it is verified.
/// Strangers have places of their own, so that they cannot take those of others. When these are full, a
/// newcomer gets the place of a stranger: of the source that has most, the oldest. So a source that floods
/// displaces itself.
class Places {
 public:
  /// Identifies a connection in the whole process; never used again. Later ones are greater.
  using Number = std::uint64_t;

  struct Limits {
    std::size_t connections;  ///< without strangers
    std::size_t handshakes;   ///< strangers
    std::size_t per_source;   ///< of one source, strangers included
  };

  struct Newcomer {
    std::optional<IpAddress> source;  ///< see source_of(); nothing: without an address (a Unix socket)
    bool stranger;
    Worker* worker;  ///< where it will run
  };

  /// A stranger that has lost its place, and must be closed unless it is verified by then.
  struct Dropped {
    Number number;
    Worker* worker;
    std::string why;  ///< a sentence
  };

  struct Answer {
    std::optional<Number> number;  ///< nothing: refused
    std::string refusal;           ///< why, as a sentence
    std::vector<Dropped> dropped;  ///< who had to go for it
  };

  /// Whoever got a number must leave().
  Answer enter(const Newcomer& newcomer, const Limits& limits);

  /// A stranger without a source is `newcomer`: a load balancer has told. In the answer is the same number,
  /// or the refusal; it must leave() in either case.
  Answer identified(Number number, const Newcomer& newcomer, const Limits& limits);

  /// Descriptors or memory have run out: so many strangers have to go, but no more than half of them, so that
  /// the others may finish.
  std::vector<Dropped> make_room(std::size_t count);

  /// A stranger was verified, and is counted as a connection from now on, even if it had just lost its
  /// place. Returns the sentence that refuses it if there are `connections` already; else nothing.
  std::optional<std::string> verified(Number number, std::size_t connections);

  /// At most so many who were refused are told so at a time.
  static constexpr std::size_t most_told = 64;

  /// For one who was refused, and is to be told: a place outside all limits. Nothing: it cannot be told.
  std::optional<Number> enter_refused();

  void leave(Number number);

  /// All that entered and have not left, strangers included, without those who were refused.
  std::size_t count() const;

 private:
  using Source = std::optional<IpAddress::Octets>;

  static Source octets_of(const Newcomer& newcomer);
  bool admit(const Newcomer& newcomer, const Limits& limits, Answer& answer);

  enum class State { stranger, dropped, open, refused };

  struct Entry {
    Source source;
    Worker* worker;
    State state;
  };

  struct Party {
    std::size_t places = 0;
    std::set<Number> strangers;  // the oldest first
  };

  /// A source that has strangers.
  struct Crowd {
    std::size_t strangers;
    Number oldest;
    Source source;

    /// The greatest one first; of equal ones, that of the oldest stranger.
    friend bool operator<(const Crowd& a, const Crowd& b) {
      return std::tie(b.strangers, a.oldest) < std::tie(a.strangers, b.oldest);
    }
  };

  template <class Change>
  void change(const Source& source, Change change);
  void count_in(Number number, const Entry& entry);
  void count_out(Number number, const Entry& entry);
  Dropped drop(Number number, std::string why);
  Dropped drop_of_the_greatest(std::string_view reached);

  mutable std::mutex mutex_;
  std::unordered_map<Number, Entry> entries_;
  std::map<Source, Party> parties_;  // without empty ones
  std::set<Crowd> crowds_;           // one for each party with strangers
  std::size_t strangers_ = 0;
  std::size_t open_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace persona::forward
