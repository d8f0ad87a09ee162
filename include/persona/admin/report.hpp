// What monitoring gets to know about the services: Prometheus text and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "persona/admin/http.hpp"
#include "persona/admin/measurements.hpp"

namespace persona::admin {

struct CertificateState {
  std::string role;            ///< "leaf", "intermediate", "ca", "gateway"
  std::string name;            ///< "CN=db.example.com"
  std::int64_t not_after = 0;  ///< seconds since 1970
};

/// One of the addresses that a service dials.
struct TargetState {
  std::string address;                    ///< "db.example.com:5433", as configured
  std::string via;                        ///< the proxy before it; empty: none
  bool resting = false;                   ///< it has failed, and others are tried before it
  std::optional<std::int64_t> failed_at;  ///< last: seconds since 1970; nothing: not since it was configured
  bool fails = false;                     ///< it has failed, and was not good since
};

/// A connection that has failed.
struct FailureState {
  std::int64_t at = 0;  ///< seconds since 1970
  std::string reason;   ///< as in the log: "verify_failed"
  std::string error;    ///< the sentence of the log
  std::string client;
  std::string target;  ///< empty: none was dialled
};

struct ServiceState {
  static constexpr const char* running = "running";
  static constexpr const char* draining = "draining";  ///< its file was removed, or all end
  static constexpr const char* refused = "refused";    ///< it could not be started: see reload_error

  std::string name;
  std::string mode;  ///< "persona", "gateway"
  std::size_t connections = 0;
  bool reload_successful = true;       ///< the last one
  std::int64_t reload_success_at = 0;  ///< seconds since 1970, of the last that was
  std::string reload_error;            ///< why the last one was refused; empty: it was not
  std::vector<CertificateState> certificates;
  std::vector<TargetState> targets{};         ///< in the order of the configuration
  std::vector<FailureState> failures{};       ///< the newest first
  std::vector<std::string> restart_needed{};  ///< keys that have changed and wait for a restart
  std::string state = running;
  bool expired_crls_allowed = false;  ///< `trust.crl_expired: allow`
  bool ready_if_reached = false;      ///< `ready.gateway`, `ready.service`
  Measurements measurements{};
};

/// What the process may not do (docs/security.md).
struct SandboxState {
  bool privileges = false;
  bool files = false;
  bool ports = false;
  bool system_calls = false;
  std::vector<std::string> missing{};  ///< why not, a sentence each
};

/// An event loop.
struct LoopState {
  std::size_t connections = 0;
  unsigned busy = 0;  ///< percent of its time, of late
};

struct State {
  std::string version;
  bool draining = false;
  std::int64_t now = 0;  ///< seconds since 1970
  std::vector<ServiceState> services;
  std::uint64_t log_lines_lost = 0;  ///< since the process began
  ProcessState process{};
  std::vector<LoopState> loops{};  ///< the one that accepts first
  SandboxState sandbox{};
};

/// What a path that refusal() lets through has to say; 404 for another.
Response answer(const State& state, const Request& request);

/// Prometheus text format 0.0.4 (metrics.cpp). For each role only the certificate that expires first.
std::string metrics(const State& state);

/// One JSON object.
std::string status(const State& state);

}  // namespace persona::admin
