// What administrators are told about live connections, and how they say which ones they mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::admin {

/// A live connection.
struct SessionState {
  std::uint64_t id = 0;  ///< as in the log
  std::string service;
  std::string client;
  std::string target;   ///< empty: none was dialled yet
  std::string peer;     ///< "CN=gateway"; empty: none, or not yet
  std::string cipher;   ///< empty: there is no TLS session yet
  std::string version;  ///< empty: as above
  std::string group;    ///< of the key exchange; empty: as above, or there was none
  std::string state;    ///< "connecting", "open", "closing"
  std::int64_t age_ms = 0;
  std::uint64_t bytes_up = 0;    ///< from the client
  std::uint64_t bytes_down = 0;  ///< to the client
};

/// Those to which all applies that is not empty.
struct SessionQuery {
  static constexpr std::size_t most_ids = 100;

  std::vector<std::uint64_t> ids{};  ///< one of these
  std::string service{};
  std::string peer{};  ///< subject, common name or pin of its certificate

  bool empty() const { return ids.empty() && service.empty() && peer.empty(); }
};

/// `id=1&id=2`, `service=pg`, `peer=CN%3Dlaptop`: percent-encoded (RFC 3986 section 2.1), and a "+" is one,
/// as in pins. Fails with a sentence.
Result<SessionQuery> parse_session_query(std::string_view query);

/// The other way round: "" or what begins with "?".
std::string to_query(const SessionQuery& query);

/// One JSON object. `now`: seconds since 1970; `more`: live ones that are not in `sessions`.
std::string render_sessions(std::int64_t now, const std::vector<SessionState>& sessions, std::size_t more);

/// What render_sessions has written, by a persona that need not be of our version: what it lacks is empty or
/// 0.
struct SessionList {
  std::vector<SessionState> sessions;
  std::size_t more = 0;
};
Result<SessionList> read_sessions(std::string_view json);

/// {"closed": N}, and back.
std::string render_closed(std::size_t closed);
Result<std::size_t> read_closed(std::string_view json);

}  // namespace persona::admin
