#include "admin_state.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "persona/base/log.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/forward/counters.hpp"
#include "persona/host/process_usage.hpp"

namespace persona::cli {

namespace {

std::int64_t seconds(x509::TimePoint time) {
  return time.time_since_epoch().count();
}

/// `now`: of the loops' clock.
std::vector<admin::TargetState> targets_of(const forward::Generation& generation, Milliseconds now) {
  const auto& via = generation.config().gateway.via;
  const forward::Targets& targets = generation.targets();
  const auto conditions = targets.conditions(now);
  std::vector<admin::TargetState> states;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    admin::TargetState state{targets.at(i).to_string(), via ? via->proxy.to_string() : "",
                             conditions[i].rests, std::nullopt, conditions[i].fails};
    if (const auto failed = conditions[i].failed_at) {
      state.failed_at = std::chrono::duration_cast<std::chrono::seconds>(failed->time_since_epoch()).count();
    }
    states.push_back(std::move(state));
  }
  return states;
}

admin::Durations durations_of(const forward::DurationsOf<std::uint64_t>& measured) {
  admin::Durations durations;
  for (std::size_t i = 0; i < forward::duration_bounds.size(); ++i) {
    durations.buckets.push_back(
        {std::chrono::duration<double>(forward::duration_bounds[i]).count(), measured.buckets[i]});
  }
  durations.longer = measured.buckets.back();
  durations.seconds = static_cast<double>(measured.microseconds) / 1e6;
  return durations;
}

/// Each with the word of the enumerator `Word` that is its index; from the `first` on.
template <class Word, std::size_t Size>
void add_words(std::vector<admin::Count>& counts, const std::array<std::uint64_t, Size>& numbers,
               std::size_t first = 0) {
  for (std::size_t i = first; i < Size; ++i) {
    counts.push_back({to_string(static_cast<Word>(i)), numbers[i]});
  }
}

admin::Measurements measurements_of(const forward::Counts& sum) {
  admin::Measurements measured;
  add_words<forward::Reason>(measured.ended, sum.ended);
  measured.bytes_up = sum.bytes_up;
  measured.bytes_down = sum.bytes_down;
  measured.connects = durations_of(sum.connects);
  measured.full_handshakes = durations_of(sum.full_handshakes);
  measured.resumed_handshakes = durations_of(sum.resumed_handshakes);
  for (std::size_t i = 0; i < named_groups().size(); ++i) {
    measured.key_exchanges.push_back({named_groups()[i].name, sum.key_exchanges[i]});
  }
  for (std::size_t i = 0; i < forward::handshake_reasons.size(); ++i) {
    measured.failed_handshakes.push_back(
        {to_string(forward::handshake_reasons[i]), sum.failed_handshakes[i]});
  }
  constexpr std::size_t after_ok = 1;
  add_words<trust::VerifyReason>(measured.failed_handshakes, sum.refused_peers, after_ok);
  add_words<forward::LookupResult>(measured.lookups, sum.lookups);
  return measured;
}

admin::ServiceState state_of(const forward::Service& service, Milliseconds now) {
  admin::ServiceState state;
  state.name = service.name();
  state.mode = service.mode() == config::Mode::persona ? "persona" : "gateway";
  state.connections = service.live();
  const forward::ReloadStatus reload = service.reload_status();
  state.reload_successful = reload.last_successful;
  state.reload_success_at = seconds(reload.last_success);
  state.reload_error = reload.last_error;
  state.restart_needed = reload.restart_needed;
  for (const forward::Expiry& each : service.expiries()) {
    state.certificates.push_back({std::string(to_string(each.role)), each.name, seconds(each.not_after)});
  }
  const auto generation = service.current();
  state.targets = targets_of(*generation, now);
  state.expired_crls_allowed = generation->config().trust.crl_expired_allowed;
  state.ready_if_reached = generation->config().ready_if_reached;
  state.measurements = measurements_of(service.counters().sum());
  for (const forward::FailedConnection& each : service.recent_failures().newest_first()) {
    state.failures.push_back(
        {seconds(each.at), std::string(to_string(each.reason)), each.error, each.client, each.target});
  }
  return state;
}

admin::ProcessState process_state() {
  const host::ProcessUsage usage = host::process_usage();
  return {usage.started,        usage.cpu_seconds,      usage.resident_memory,
          usage.virtual_memory, usage.open_descriptors, usage.most_descriptors};
}

}  // namespace

admin::State admin_state(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining,
                         forward::Runtime& runtime) {
  const Milliseconds now = net::now(runtime.loop());
  admin::State state{PERSONA_VERSION,       draining,       seconds(x509::now()), {},
                     log::all_lines_lost(), process_state()};
  for (const forward::LoopLoad& each : runtime.loads()) {
    state.loops.push_back({each.connections, each.busy});
  }
  for (const auto& service : services) {
    state.services.push_back(state_of(*service, now));
  }
  return state;
}

admin::SandboxState sandbox_state(const Sandbox& sandbox) {
  if (!sandbox.confined) {
    return {false, false, false, false, {"sandbox: off"}};
  }
  const host::Confined& confined = *sandbox.confined;
  return {confined.privileges, confined.files, confined.ports, confined.system_calls, confined.missing};
}

}  // namespace persona::cli
