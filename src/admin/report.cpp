#include "persona/admin/report.hpp"

#include <algorithm>
#include <map>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <nlohmann/json.hpp>

namespace persona::admin {

namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily gauge(std::string name, std::string help) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = prometheus::MetricType::Gauge;
  return family;
}

void add(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

std::map<std::string, std::int64_t> first_expiries(const ServiceState& service) {
  std::map<std::string, std::int64_t> first;
  for (const CertificateState& each : service.certificates) {
    const auto [known, is_new] = first.emplace(each.role, each.not_after);
    known->second = std::min(known->second, each.not_after);
  }
  return first;
}

}  // namespace

std::string metrics(const State& state) {
  auto build = gauge("persona_build_info", "The version of persona.");
  auto active = gauge("persona_connections_active", "Connections that are open or being set up.");
  auto expiry = gauge("persona_certificate_not_after_timestamp_seconds",
                      "When the first certificate of a role expires.");
  auto successful =
      gauge("persona_config_last_reload_successful", "Whether the last reload was used (1) or refused (0).");
  auto success_at = gauge("persona_config_last_reload_success_timestamp_seconds",
                          "When what is in use came into use, or was found to be up to date.");
  add(build, {{"version", state.version}}, 1);
  for (const ServiceState& service : state.services) {
    const prometheus::ClientMetric::Label label{"service", service.name};
    add(active, {label}, static_cast<double>(service.connections));
    for (const auto& [role, not_after] : first_expiries(service)) {
      add(expiry, {label, {"role", role}}, static_cast<double>(not_after));
    }
    add(successful, {label}, service.reload_successful ? 1 : 0);
    add(success_at, {label}, static_cast<double>(service.reload_success_at));
  }
  return prometheus::TextSerializer().Serialize({build, active, expiry, successful, success_at});
}

std::string status(const State& state) {
  constexpr std::int64_t day = 86'400;
  nlohmann::ordered_json root{{"version", state.version}, {"draining", state.draining}};
  root["services"] = nlohmann::ordered_json::array();
  for (const ServiceState& service : state.services) {
    nlohmann::ordered_json one{{"name", service.name},
                               {"mode", service.mode},
                               {"connections", service.connections},
                               {"reload",
                                {{"successful", service.reload_successful},
                                 {"success_at", service.reload_success_at},
                                 {"error", service.reload_error}}}};
    one["certificates"] = nlohmann::ordered_json::array();
    for (const CertificateState& each : service.certificates) {
      one["certificates"].push_back({{"role", each.role},
                                     {"name", each.name},
                                     {"not_after", each.not_after},
                                     {"days_left", (each.not_after - state.now) / day}});
    }
    root["services"].push_back(std::move(one));
  }
  return root.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Response answer(const State& state, const Request& request) {
  constexpr const char* text = "text/plain; charset=utf-8";
  if (request.path == "/healthz") {
    return {200, text, "ok\n"};
  }
  if (request.path == "/readyz") {
    return state.draining ? Response{503, text, "draining\n"} : Response{200, text, "ready\n"};
  }
  if (request.path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics(state)};
  }
  if (request.path == "/status") {
    return {200, "application/json", status(state)};
  }
  return {404, text, "there are /healthz, /readyz, /metrics and /status\n"};
}

}  // namespace persona::admin
