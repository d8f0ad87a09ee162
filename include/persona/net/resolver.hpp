// Names to addresses on threads of its own. A look-up that asks a silent name server sleeps for 5 to 30
// seconds in getaddrinfo(3) and cannot be called back, so no one else may need its thread: neither another
// service's look-ups nor the files that libuv's thread pool loads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

struct Waiter;

/// Looks up names for all loops of the process. What it promises:
///
/// - **One look-up for a name** is under way at a time; its answer goes to all who wait for the name when it
///   comes. Nothing is kept beyond that: who asks later asks anew. When all who waited have left, it goes on,
///   and who asks next joins it.
/// - **A bound for each account** (each service): it has at most `bound` look-ups under way, and its further
///   names wait for their turn. Who joins a look-up of another account is not charged for it.
/// - **A thread for each look-up that is under way**, so none waits for a thread: `bound` times the number of
///   accounts at most. They are started when needed, reused, and end when they had nothing to do for `idle`.
/// - **The end waits for nobody.** Threads still asleep in a look-up share what they touch, and end with the
///   process.
class Resolver {
 public:
  /// TCP addresses in the resolver's order, at least one; their port is 0.
  using Answer = Result<std::vector<SocketAddress>>;
  /// Blocks; called on several threads at once.
  using Resolve = std::function<Answer(const std::string& host)>;

  /// By the system's resolver, whatever it asks: files, DNS, directories.
  static Answer ask_system(const std::string& host);

  struct Options {
    Resolve resolve = &Resolver::ask_system;
    /// Look-ups that an account has under way: more than the addresses that a service is usually given, so
    /// that one whose names are silent still comes to the next.
    std::size_t bound = 4;
    Milliseconds idle{10'000};
  };

  Resolver();
  explicit Resolver(Options options);

  /// All look-ups must have been let go.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Any thread: how many threads there are.
  std::size_t threads() const;

 private:
  friend class Lookup;
  class Shared;

  std::shared_ptr<Shared> shared_;  // with the threads, which may outlive this
};

/// Waits for the addresses of one name; letting go of it ends the waiting. Loop's thread only.
class Lookup {
 public:
  using Done = std::function<void(Result<std::vector<SocketAddress>>)>;

  /// `done` is called once on the loop, never from within start() and never after the owner has let go.
  /// `account`: whose bound it counts for, the name of the service. `owner` (may be null) counts it as a
  /// handle that closes from within the letting go, so that it must have another one open then. `resolver`
  /// outlives the look-up.
  static HandlePtr<Lookup> start(Loop& loop, Resolver& resolver, const std::string& account,
                                 const std::string& host, std::uint16_t port, HandleOwner* owner, Done done);

  /// The sentence for giving up after `waited`, which the key `setting` of the configuration says.
  std::string timed_out(std::string_view setting, Milliseconds waited) const;

 private:
  friend struct CloseDeleter;
  friend class Resolver::Shared;
  Lookup() = default;
  ~Lookup() = default;
  void close();
  void answered(const Resolver::Answer& answer);

  std::shared_ptr<Resolver::Shared> resolver_;
  std::shared_ptr<Waiter> waiter_;
  std::uint16_t port_ = 0;
  HandleOwner* owner_ = nullptr;
  Done done_;
};

}  // namespace persona::net
