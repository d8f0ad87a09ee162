// Examines one service: what `persona doctor` does.
#pragma once

#include <functional>
#include <memory>

#include "persona/doctor/report.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"

namespace persona::doctor {

/// Tries what a connection would need, without sending a byte of an application: every address of every
/// gateway by a trial connection (reload::Probe), or every address of the service by a plain one; our own
/// addresses, and the endpoint for administrators. All at once, within the timeouts of the configuration.
///
/// A persona that runs takes the visit at its own address for a client that has left without a word: nothing
/// is passed on.
///
/// Loop's thread only. Must outlive the loop's run, since it counts handles.
class Examination final : private net::HandleOwner {
 public:
  using Done = std::function<void(Report report)>;

  /// `report` has what is known already: findings of the configuration. `done` is called once, not from
  /// within. The references must outlive it.
  Examination(net::Loop& loop, forward::HandshakePool& pool, net::Resolver& resolver,
              forward::Material material, Report report, Done done);
  ~Examination();

 private:
  class Parts;

  void on_handles_closed() override {}

  std::unique_ptr<Parts> parts_;
};

}  // namespace persona::doctor
