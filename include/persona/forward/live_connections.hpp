// Which connections are live: for administrators, who may list and end them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"

namespace persona::forward {

/// A connection at the moment at which its loop was asked.
struct LiveConnection {
  enum class State { connecting, open, closing };

  std::uint64_t id = 0;  ///< as in the log
  std::string service;
  std::string client;   ///< as in the log
  std::string target;   ///< the address that was dialled last; empty: none yet
  std::string peer;     ///< subject of the peer's certificate; empty: there is none, or not yet
  std::string cipher;   ///< IANA's name; empty: there is no session yet
  std::string version;  ///< "TLSv1.3"; empty: there is no session yet
  std::string group;    ///< "x25519mlkem768"; empty: there is no session, or it had no key exchange
  State state = State::connecting;
  Milliseconds age{0};
  std::uint64_t bytes_up = 0;    ///< plaintext from the client
  std::uint64_t bytes_down = 0;  ///< and to it
};

std::string_view to_string(LiveConnection::State state);

/// Which connections are meant: those to which all applies that is not empty.
struct Selection {
  std::vector<std::uint64_t> ids{};  ///< one of these
  std::string service{};             ///< the name
  std::string peer{};  ///< subject ("CN=laptop"), common name ("laptop") or pin of its certificate
};

/// Live connections, those with the lowest ids, in their order.
struct Listing {
  static constexpr std::size_t most = 1000;

  std::vector<LiveConnection> connections{};  ///< at most `most`
  std::size_t more = 0;                       ///< that are not in it

  /// Adds what another loop has.
  void merge(Listing other);
};

}  // namespace persona::forward
