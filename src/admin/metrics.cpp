// /metrics: https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.
#include <algorithm>
#include <map>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "persona/admin/report.hpp"

namespace persona::admin {

namespace {

using Type = prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

/// All families that there are, in the order of their output. Those without a sample are left out.
class Families {
 public:
  std::size_t add(const char* name, const char* help, Type type) {
    prometheus::MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    return families_.size() - 1;
  }

  void gauge(std::size_t family, Labels labels, double value) { metric(family, labels).gauge.value = value; }

  void counter(std::size_t family, Labels labels, double value) {
    metric(family, labels).counter.value = value;
  }

  void histogram(std::size_t family, Labels labels, const Durations& durations) {
    prometheus::ClientMetric::Histogram& histogram = metric(family, labels).histogram;
    for (const auto& [at_most, number] : durations.buckets) {
      histogram.sample_count += number;
      histogram.bucket.push_back({histogram.sample_count, at_most});
    }
    histogram.sample_count += durations.longer;
    histogram.sample_sum = durations.seconds;
  }

  std::string text() {
    std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  prometheus::ClientMetric& metric(std::size_t family, Labels& labels) {
    prometheus::ClientMetric& metric = families_[family].metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
};

/// One label's name for each word of `counts`.
void add_counts(Families& families, std::size_t family, const prometheus::ClientMetric::Label& service,
                const char* label, const std::vector<Count>& counts) {
  for (const Count& each : counts) {
    families.counter(family, {service, {label, std::string(each.word)}}, static_cast<double>(each.number));
  }
}

std::map<std::string, std::int64_t> first_expiries(const ServiceState& service) {
  std::map<std::string, std::int64_t> first;
  for (const CertificateState& each : service.certificates) {
    const auto [known, is_new] = first.emplace(each.role, each.not_after);
    known->second = std::min(known->second, each.not_after);
  }
  return first;
}

/// A configuration may name an address twice; Prometheus refuses a series that comes twice.
std::map<std::string, TargetState> by_address(const std::vector<TargetState>& targets) {
  std::map<std::string, TargetState> addresses;
  for (const TargetState& each : targets) {
    const auto [known, is_new] = addresses.emplace(each.address, each);
    known->second.fails = known->second.fails && each.fails;
    known->second.failed_at = std::max(known->second.failed_at, each.failed_at);
  }
  return addresses;
}

void add_process(Families& families, const ProcessState& process) {
  const auto of_process = [&](const char* name, const char* help, Type type, auto value) {
    if (value) {
      const std::size_t family = families.add(name, help, type);
      const auto number = static_cast<double>(*value);
      if (type == Type::Counter) {
        families.counter(family, {}, number);
      } else {
        families.gauge(family, {}, number);
      }
    }
  };
  of_process("process_cpu_seconds_total", "Processor time of all threads, in user and in system mode.",
             Type::Counter, process.cpu_seconds);
  of_process("process_resident_memory_bytes", "Memory that is resident.", Type::Gauge,
             process.resident_memory);
  of_process("process_virtual_memory_bytes",
             "Memory in the process's address space; on Windows what is committed.", Type::Gauge,
             process.virtual_memory);
  of_process("process_open_fds", "Descriptors that are open; on Windows handles.", Type::Gauge,
             process.open_descriptors);
  of_process("process_max_fds", "How many descriptors may be open.", Type::Gauge, process.most_descriptors);
  of_process("process_start_time_seconds", "When the process began.", Type::Gauge,
             std::optional(process.started));
}

}  // namespace

std::string metrics(const State& state) {
  Families families;
  const auto build = families.add("persona_build_info", "The version of persona.", Type::Gauge);
  const auto active =
      families.add("persona_connections_active", "Connections that are open or being set up.", Type::Gauge);
  const auto ended =
      families.add("persona_connections_total",
                   "Connections that have ended, by the reason that the log gives.", Type::Counter);
  const auto bytes = families.add(
      "persona_bytes_total", "Plaintext that was received to be forwarded: up from the client, down to it.",
      Type::Counter);
  const auto connects = families.add(
      "persona_connect_duration_seconds",
      "Connecting to the gateway or the service, the look-up of its name included, where it succeeded.",
      Type::Histogram);
  const auto handshakes =
      families.add("persona_handshake_duration_seconds",
                   "TLS handshakes that succeeded, and whether a session was resumed.", Type::Histogram);
  const auto key_exchanges = families.add(
      "persona_key_exchanges_total",
      "TLS handshakes that succeeded, by the group of their key exchange: x25519mlkem768 is safe "
      "from quantum computers.",
      Type::Counter);
  const auto failures = families.add(
      "persona_handshake_failures_total",
      "TLS handshakes that failed, by reason or, where we refused the certificate, verify_reason.",
      Type::Counter);
  const auto lookups = families.add(
      "persona_lookups_total", "Look-ups of names that a connection waited for, by result.", Type::Counter);
  const auto up = families.add("persona_gateway_up",
                               "Whether the last connection to an address of the gateway (or to the service) "
                               "was good (1, also if none was tried yet) or failed (0).",
                               Type::Gauge);
  const auto failed_at = families.add("persona_gateway_last_failure_timestamp_seconds",
                                      "When an address failed last.", Type::Gauge);
  const auto expiry = families.add("persona_certificate_not_after_timestamp_seconds",
                                   "When the first certificate of a role expires.", Type::Gauge);
  const auto successful = families.add("persona_config_last_reload_successful",
                                       "Whether the last reload was used (1) or refused (0).", Type::Gauge);
  const auto success_at =
      families.add("persona_config_last_reload_success_timestamp_seconds",
                   "When what is in use came into use, or was found to be up to date.", Type::Gauge);
  const auto restart = families.add(
      "persona_config_restart_needed",
      "Whether a setting has changed that is used only after a restart (1); see /status.", Type::Gauge);
  const auto on_loop =
      families.add("persona_loop_connections",
                   "Connections on each event loop; new ones go to the one with the fewest.", Type::Gauge);
  const auto loop_busy = families.add(
      "persona_loop_busy_ratio",
      "The part of its time, of late, that an event loop was not waiting for events.", Type::Gauge);
  const auto lines_lost = families.add("persona_log_lines_dropped_total",
                                       "Log lines that were dropped or could not be written.", Type::Counter);
  families.gauge(build, {{"version", state.version}}, 1);
  families.counter(lines_lost, {}, static_cast<double>(state.log_lines_lost));
  for (std::size_t i = 0; i < state.loops.size(); ++i) {
    const prometheus::ClientMetric::Label label{"loop", std::to_string(i)};
    families.gauge(on_loop, {label}, static_cast<double>(state.loops[i].connections));
    families.gauge(loop_busy, {label}, state.loops[i].busy / 100.0);
  }
  for (const ServiceState& service : state.services) {
    const prometheus::ClientMetric::Label label{"service", service.name};
    const Measurements& measured = service.measurements;
    families.gauge(active, {label}, static_cast<double>(service.connections));
    add_counts(families, ended, label, "reason", measured.ended);
    families.counter(bytes, {label, {"direction", "up"}}, static_cast<double>(measured.bytes_up));
    families.counter(bytes, {label, {"direction", "down"}}, static_cast<double>(measured.bytes_down));
    families.histogram(connects, {label}, measured.connects);
    families.histogram(handshakes, {label, {"resumed", "false"}}, measured.full_handshakes);
    families.histogram(handshakes, {label, {"resumed", "true"}}, measured.resumed_handshakes);
    add_counts(families, key_exchanges, label, "group", measured.key_exchanges);
    add_counts(families, failures, label, "reason", measured.failed_handshakes);
    add_counts(families, lookups, label, "result", measured.lookups);
    for (const auto& [address, target] : by_address(service.targets)) {
      families.gauge(up, {label, {"address", address}}, target.fails ? 0 : 1);
      if (target.failed_at) {
        families.gauge(failed_at, {label, {"address", address}}, static_cast<double>(*target.failed_at));
      }
    }
    for (const auto& [role, not_after] : first_expiries(service)) {
      families.gauge(expiry, {label, {"role", role}}, static_cast<double>(not_after));
    }
    families.gauge(successful, {label}, service.reload_successful ? 1 : 0);
    if (service.state != ServiceState::refused) {  // there was none
      families.gauge(success_at, {label}, static_cast<double>(service.reload_success_at));
    }
    families.gauge(restart, {label}, service.restart_needed.empty() ? 0 : 1);
  }
  add_process(families, state.process);
  return families.text();
}

}  // namespace persona::admin
