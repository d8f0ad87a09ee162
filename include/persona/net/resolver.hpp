// Resolves names on threads of its own. If the name server is silent, getaddrinfo(3) sleeps for 5 to 30
// seconds and cannot be cancelled. So nothing else may depend on its thread: neither the look-ups of other
// services nor the files that are loaded on libuv's thread pool.
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

/// Looks up names for all loops of the process. It guarantees:
///
/// - **One look-up per name** at a time. Its answer goes to all who wait for the name then; it is not cached,
///   so a later request starts a new look-up. If everyone stops waiting, the look-up continues, and the next
///   request joins it.
/// - **A limit per account** (per service): at most `bound` look-ups run at a time, and further names wait
///   for their turn. Joining the look-up of another account does not count.
/// - **A thread for each running look-up**, so none waits for a thread: at most `bound` times the number of
///   accounts. Threads are started when needed, reused, and end after `idle` without work.
/// - **Destruction waits for nothing.** Threads that are still in a look-up share ownership of what they use,
///   and end with the process.
class Resolver {
 public:
  /// TCP addresses in the resolver's order, at least one; the port is 0.
  using Answer = Result<std::vector<SocketAddress>>;
  /// Blocks; called on several threads at once.
  using Resolve = std::function<Answer(const std::string& host)>;

  /// Asks the system's resolver, whatever it uses: files, DNS, directories.
  static Answer ask_system(const std::string& host);

  struct Options {
    Resolve resolve = &Resolver::ask_system;
    /// Running look-ups per account: more than a service usually has addresses, so that names without an
    /// answer do not keep it from the next one.
    std::size_t bound = 4;
    Milliseconds idle{10'000};
  };

  Resolver();
  explicit Resolver(Options options);

  /// All Lookup objects must have been destroyed.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// How many threads there are. Any thread.
  std::size_t threads() const;

 private:
  friend class Lookup;
  class Shared;

  std::shared_ptr<Shared> shared_;  // shared with the threads, which may outlive this
};

/// Waits for the addresses of one name; destroying it stops waiting. Loop's thread only.
class Lookup {
 public:
  using Done = std::function<void(Result<std::vector<SocketAddress>>)>;

  /// `done` is called once on the loop, never from within start() and never after the look-up is destroyed.
  /// `account`: the name of the service, whose limit applies. `owner` (may be null) counts it as a handle,
  /// one that closes while it is being destroyed: the owner must have another handle open then, or it is
  /// freed within that call. `resolver` must outlive the look-up.
  static HandlePtr<Lookup> start(Loop& loop, Resolver& resolver, const std::string& account,
                                 const std::string& host, std::uint16_t port, HandleOwner* owner, Done done);

  /// The sentence for giving up after `waited`, the value of the configuration key `setting`.
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
