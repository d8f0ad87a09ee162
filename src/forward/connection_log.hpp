// The log lines of a connection when it opens and when it closes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "persona/base/duration.hpp"
#include "persona/base/log.hpp"
#include "persona/forward/reason.hpp"
#include "persona/forward/service.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// One per connection. Failures that someone should look into are also logged as warnings, throttled.
class ConnectionLog {
 public:
  /// `service` must outlive it. The connection gets its number, and its duration starts now.
  ConnectionLog(Service& service, std::string client);

  /// For a connection refused by access rules or a limit.
  static void refused(Service& service, const std::string& client, const End& why, Milliseconds now);

  /// The address that is being dialled.
  void set_target(std::string target) { target_ = std::move(target); }

  /// For the lines logged below.
  void set_handshake_time(Milliseconds took) { handshake_time_ = took; }

  void opened(const tls::SessionInfo& session) const;

  /// The target failed, and another address is dialled.
  void next_address(const End& why, Milliseconds now) const;

  /// Bytes of plaintext that an open connection has forwarded: to the dialled side (up) and back (down).
  struct Traffic {
    std::uint64_t up = 0;
    std::uint64_t down = 0;
  };

  /// `session`: null if there was none. `expected`: do not warn, whatever the reason.
  void closed(const End& why, const tls::SessionInfo* session, Traffic traffic, bool expected,
              Milliseconds now) const;

 private:
  void add_session(log::Fields& fields, const tls::SessionInfo& session) const;

  Service& service_;
  std::uint64_t id_;
  std::string client_;
  std::string target_;
  Milliseconds started_;
  Milliseconds handshake_time_{0};
};

}  // namespace persona::forward
