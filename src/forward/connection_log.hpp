// What is said of a connection when it opens and when it closes.
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

/// One of each connection. Failures that somebody should look into are told apart, throttled.
class ConnectionLog {
 public:
  /// `service` outlives it. The connection's time and number count from now.
  ConnectionLog(Service& service, std::string client);

  /// Not counted in: access or a limit.
  static void refused(Service& service, const std::string& client, const End& why, Milliseconds now);

  /// The address that is dialled.
  void set_target(std::string target) { target_ = std::move(target); }

  /// For the lines below.
  void set_handshake_time(Milliseconds took) { handshake_time_ = took; }

  void opened(const tls::SessionInfo& session) const;

  /// The target was of no use, and another address is dialled.
  void next_address(const End& why, Milliseconds now) const;

  /// What an open connection has moved, in either direction.
  struct Traffic {
    std::uint64_t up = 0;
    std::uint64_t down = 0;
  };

  /// `session`: null, when there was none. `expected`: nobody need look into it, whatever it is.
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
