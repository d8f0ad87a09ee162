// Listening sockets that were made before this process, by systemd or by the process that it replaces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// A socket that waits to be taken.
struct InheritedSocket {
  Socket socket;
  Endpoint asked;     ///< systemd:NAME, or what a predecessor was asked to bind
  Endpoint local;     ///< where it listens, as the kernel says; of a Unix socket without a name "@..."
  std::string fault;  ///< a sentence: why nobody can be served by it; empty: it is fine
  std::uint64_t inode =
      0;  ///< of the file of a Unix socket that a predecessor has made; 0: not ours to remove
};

/// The environment of a process that systemd has passed sockets to (sd_listen_fds(3)); absent: not set.
struct ListenVariables {
  std::optional<std::string> pid;    ///< LISTEN_PID: whom they are for
  std::optional<std::string> count;  ///< LISTEN_FDS
  std::optional<std::string> names;  ///< LISTEN_FDNAMES, with colons between them
};

/// The names of the descriptors that are passed, the first of which is 3. None if they are for another
/// process than `own_pid`. Failure: the variables are not as systemd writes them.
Result<std::vector<std::string>> names_of_passed(const ListenVariables& variables, long own_pid);

class InheritedSockets {
 public:
  static constexpr std::size_t most = 1024;

  /// Takes over what systemd has passed, and the variables out of the environment: programs that we start
  /// inherit neither. To be called before there are other threads. Nothing on Windows. Platform:
  /// net/inherited_sockets_posix.cpp, net/inherited_sockets_windows.cpp.
  static Result<InheritedSockets> from_systemd();

  void add(InheritedSocket socket) { sockets_.push_back(std::move(socket)); }

  /// All of that name, which are no longer here then. Failure: there is none, or one is unfit: a sentence
  /// that begins with "systemd:NAME".
  Result<std::vector<InheritedSocket>> take_of_systemd(const std::string& name);

  /// The one at an address that is to be bound (or, if the kernel is to choose the port, that was), if there
  /// is one.
  std::optional<InheritedSocket> take_at(const Endpoint& wanted);

  bool has(const Endpoint& asked) const;

  /// Closes what nobody has taken, and removes the file of a Unix socket that a predecessor has made: a
  /// sentence for each name of systemd's.
  std::vector<std::string> close_unused();

 private:
  std::string names() const;

  std::vector<InheritedSocket> sockets_;
};

/// Where a socket listens, and no fault if it is a stream socket that does; it no longer blocks then, and
/// programs that we start do not inherit it. Platform: as above.
InheritedSocket examine(Socket socket, Endpoint asked);

/// Whether sockets can be passed to this process, by systemd or otherwise. Platform: as above.
bool can_inherit_sockets();

}  // namespace persona::net
