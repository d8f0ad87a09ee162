#include "persona/admin/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "page.hpp"
#include "persona/admin/not_ready.hpp"

namespace persona::admin {

std::string status(const State& state) {
  constexpr std::int64_t day = 86'400;
  nlohmann::ordered_json root{{"version", state.version}, {"draining", state.draining}};
  const std::vector<std::string> reasons = not_ready(state);
  root["ready"] = reasons.empty();
  root["not_ready"] = reasons;
  root["services"] = nlohmann::ordered_json::array();
  for (const ServiceState& service : state.services) {
    nlohmann::ordered_json one{{"name", service.name},
                               {"state", service.state},
                               {"mode", service.mode},
                               {"connections", service.connections},
                               {"key_exchanges", nlohmann::ordered_json::object()},
                               {"reload",
                                {{"successful", service.reload_successful},
                                 {"success_at", service.reload_success_at},
                                 {"error", service.reload_error}}},
                               {"restart_needed", service.restart_needed}};
    for (const Count& each : service.measurements.key_exchanges) {
      one["key_exchanges"][std::string(each.word)] = each.number;
    }
    one["certificates"] = nlohmann::ordered_json::array();
    for (const CertificateState& each : service.certificates) {
      one["certificates"].push_back({{"role", each.role},
                                     {"name", each.name},
                                     {"not_after", each.not_after},
                                     {"days_left", (each.not_after - state.now) / day}});
    }
    one["targets"] = nlohmann::ordered_json::array();
    for (const TargetState& each : service.targets) {
      nlohmann::ordered_json target{{"address", each.address}};
      if (!each.via.empty()) {
        target["via"] = each.via;
      }
      target["resting"] = each.resting;
      target["failed_at"] = each.failed_at ? nlohmann::ordered_json(*each.failed_at) : nullptr;
      one["targets"].push_back(std::move(target));
    }
    one["failures"] = nlohmann::ordered_json::array();
    for (const FailureState& each : service.failures) {
      one["failures"].push_back({{"at", each.at},
                                 {"reason", each.reason},
                                 {"error", each.error},
                                 {"client", each.client},
                                 {"target", each.target}});
    }
    root["services"].push_back(std::move(one));
  }
  root["sandbox"] = {{"privileges", state.sandbox.privileges},
                     {"files", state.sandbox.files},
                     {"ports", state.sandbox.ports},
                     {"system_calls", state.sandbox.system_calls},
                     {"missing", state.sandbox.missing}};
  return root.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Response answer(const State& state, const Request& request) {
  constexpr const char* text = "text/plain; charset=utf-8";
  if (request.path == "/healthz") {
    return {200, text, "ok\n"};
  }
  if (request.path == "/readyz") {
    const std::vector<std::string> reasons = not_ready(state);
    return reasons.empty() ? Response{200, text, "ready\n"}
                           : Response{503, text, fmt::format("{}\n", fmt::join(reasons, "\n"))};
  }
  if (request.path == "/startup") {
    return {200, text, "started\n"};  // the loop that answers runs once all addresses are bound
  }
  if (request.path == "/quit") {
    return {200, text, "draining\n"};
  }
  if (request.path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics(state)};
  }
  if (request.path == "/status") {
    return {200, "application/json", status(state)};
  }
  if (request.path == "/") {
    return page();
  }
  return {404, text, "there is no such thing\n"};  // refused by the rules before
}

}  // namespace persona::admin
