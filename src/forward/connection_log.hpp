// The log lines of a connection when it opens and when it closes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

  /// A load balancer has told whom it relays.
  void set_client(std::string client) { client_ = std::move(client); }
  const std::string& client() const { return client_; }

  /// The address that is being dialled.
  void set_target(std::string target) { target_ = std::move(target); }
  const std::string& target() const { return target_; }  ///< the last one dialled; empty: none
  std::uint64_t id() const { return id_; }
  Milliseconds started() const { return started_; }  ///< when it was accepted, by the loops' clock

  /// Our own address towards the target, which the other end's log has as its client; empty: not known.
  void set_dialled_from(std::string address) { dialled_from_ = std::move(address); }

  /// For the lines logged below.
  void set_handshake_time(Milliseconds took) { handshake_time_ = took; }

  /// The peer's certificate, or the lack of one, is good enough: for the audit file.
  void accepted(const tls::SessionInfo& session) const;

  /// `level`: of this line.
  void opened(const tls::SessionInfo& session, log::Level level) const;

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
  log::Fields about(std::optional<Reason> why = std::nullopt) const;
  void audit_refusal(const End& why, const tls::SessionInfo* session) const;
  void remember(const End& why) const;
  void add_session(log::Fields& fields, const tls::SessionInfo& session) const;

  Service& service_;
  std::uint64_t id_;
  std::string client_;
  std::string target_;
  std::string dialled_from_;
  Milliseconds started_;
  Milliseconds handshake_time_{0};
};

}  // namespace persona::forward
