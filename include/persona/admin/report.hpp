// What monitoring gets to know about the services: Prometheus text and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "persona/admin/http.hpp"

namespace persona::admin {

struct CertificateState {
  std::string role;            ///< "leaf", "intermediate", "ca", "gateway"
  std::string name;            ///< "CN=db.example.com"
  std::int64_t not_after = 0;  ///< seconds since 1970
};

struct ServiceState {
  std::string name;
  std::string mode;  ///< "persona", "gateway"
  std::size_t connections = 0;
  bool reload_successful = true;       ///< the last one
  std::int64_t reload_success_at = 0;  ///< seconds since 1970, of the last that was
  std::string reload_error;            ///< why the last one was refused; empty: it was not
  std::vector<CertificateState> certificates;
};

struct State {
  std::string version;
  bool draining = false;
  std::int64_t now = 0;  ///< seconds since 1970
  std::vector<ServiceState> services;
};

/// /healthz, /readyz, /metrics and /status; 404 with these names for another path.
Response answer(const State& state, const Request& request);

/// Prometheus text format 0.0.4. For each role only the certificate that expires first.
std::string metrics(const State& state);

/// One JSON object.
std::string status(const State& state);

}  // namespace persona::admin
