#include "persona/admin/not_ready.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace persona::admin {

namespace {

std::string day_of(std::int64_t time) {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time))));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

/// Why the service cannot do its work; adds to `reasons`.
class Reasons {
 public:
  Reasons(const ServiceState& service, std::int64_t now, std::vector<std::string>& reasons)
      : service_(service), now_(now), reasons_(reasons) {}

  void find() {
    expired_certificate();
    expired_cas();
    expired_crl();
    unreached_targets();
  }

 private:
  void add(const std::string& sentence) { reasons_.push_back(service_.name + ": " + sentence); }

  /// Those that have expired; one by one.
  std::vector<const CertificateState*> expired(std::string_view role) const {
    std::vector<const CertificateState*> found;
    for (const CertificateState& each : service_.certificates) {
      if (each.role == role && each.not_after < now_) {
        found.push_back(&each);
      }
    }
    return found;
  }

  void expired_certificate() {
    for (const CertificateState* each : expired("leaf")) {
      add(fmt::format("its own certificate {} has expired on {}: have it renewed", each->name,
                      day_of(each->not_after)));
    }
  }

  void expired_cas() {
    const auto all = std::count_if(service_.certificates.begin(), service_.certificates.end(),
                                   [](const CertificateState& each) { return each.role == "ca"; });
    const auto gone = expired("ca");
    if (all > 0 && gone.size() == static_cast<std::size_t>(all)) {
      add(fmt::format("every CA of trust.ca has expired, {} on {}: nobody can be verified",
                      gone.front()->name, day_of(gone.front()->not_after)));
    }
  }

  void expired_crl() {
    const auto gone = expired("crl");
    if (!gone.empty() && !service_.expired_crls_allowed) {
      add(fmt::format(
          "a revocation list of trust.crl has expired on {}: whom it is about is refused until it is "
          "renewed",
          day_of(gone.front()->not_after)));
    }
  }

  void unreached_targets() {
    const auto& targets = service_.targets;
    if (!service_.ready_if_reached || targets.empty() ||
        !std::all_of(targets.begin(), targets.end(), [](const TargetState& each) { return each.resting; })) {
      return;
    }
    const bool is_persona = service_.mode == "persona";
    add(targets.size() == 1 ? fmt::format("the {} {} could not be reached",
                                          is_persona ? "gateway" : "service", targets.front().address)
                            : fmt::format("none of its {} gateways could be reached, {} among them",
                                          targets.size(), targets.front().address));
  }

  const ServiceState& service_;
  const std::int64_t now_;
  std::vector<std::string>& reasons_;
};

}  // namespace

std::vector<std::string> not_ready(const State& state) {
  std::vector<std::string> reasons;
  if (state.draining) {
    reasons.emplace_back("draining: it was told to stop, and waits for the connections that are open");
  }
  for (const ServiceState& service : state.services) {
    Reasons(service, state.now, reasons).find();
  }
  return reasons;
}

}  // namespace persona::admin
