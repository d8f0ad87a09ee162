// One `persona run` that replaces another, without a moment in which nobody listens.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "persona/base/log.hpp"
#include "persona/broker/broker.hpp"
#include "persona/handover/offer.hpp"
#include "persona/handover/predecessor.hpp"
#include "persona/net/child.hpp"
#include "persona/net/loop.hpp"
#include "start.hpp"

namespace persona::cli {

/// On the main loop.
class Succession {
 public:
  Succession(const std::filesystem::path& config, Start start, std::shared_ptr<log::Logger> logger);

  /// With --replace, before anything is bound: the sockets of the process that runs with this configuration,
  /// if there is one, go to Loop::inherited.
  Result<void> take_over(net::Loop& loop);

  /// When everything is bound: once the loop runs the predecessor is told to drain, and our own sockets are
  /// offered. `handed_over`: to another process, which has them; drain.
  void begin(net::Loop& loop, std::function<void(int pid)> handed_over);

  /// What starts the program anew, to replace this one; empty: it cannot be started so.
  static std::vector<std::string> arguments_of_successor(const Start& start);

  /// Starts it, by the broker if there is one (not null): a confined process starts nothing. `variables`: of
  /// its environment, besides ours; the broker has its own.
  void start_successor(net::Loop& loop, const net::Child::Variables& variables, const broker::Broker* broker);

  /// Another process is about to take over, for as long as Offer::patience: what listens stays as it is.
  bool is_pending() const { return offer_ && offer_->is_pending(); }

  /// Closes its handles: this process drains.
  void end();

 private:
  void offer(net::Loop& loop);
  void tell_predecessor(net::Loop& loop);
  void successor_ended(int pid, std::int64_t code, int signal);

  const std::filesystem::path config_;
  const Start start_;
  const std::shared_ptr<log::Logger> logger_;
  std::unique_ptr<handover::Predecessor> predecessor_;
  std::unique_ptr<handover::Offer> offer_;
  net::HandlePtr<net::Child> successor_;
  std::unique_ptr<broker::Broker::Successor> brokered_;
};

}  // namespace persona::cli
