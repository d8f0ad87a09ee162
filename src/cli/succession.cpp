#include "succession.hpp"

#include <algorithm>
#include <utility>

#include "persona/handover/place.hpp"
#include "persona/net/listener.hpp"

namespace persona::cli {

namespace {

constexpr const char* replace_option = "--replace";

}  // namespace

Succession::Succession(const std::filesystem::path& config, Start start, std::shared_ptr<log::Logger> logger)
    : config_(config), start_(std::move(start)), logger_(std::move(logger)) {}

Result<void> Succession::take_over(net::Loop& loop) {
  if (!start_.replaces) {
    return {};
  }
  const auto place = handover::place_of(config_);
  if (!place) {
    return fail(place.error().kind, "--replace: {}", place.error().message);
  }
  auto predecessor = handover::Predecessor::ask(*place);
  if (!predecessor) {
    return tl::unexpected(predecessor.error());
  }
  if (!*predecessor) {
    logger_->info(fmt::format("nobody runs who could be replaced: there is no {}", place->to_string()));
    return {};
  }
  predecessor_ = std::move(*predecessor);
  for (net::InheritedSocket& each : predecessor_->take_sockets()) {
    const bool systemd_passed_it_too = each.asked.is_systemd() && loop.inherited().has(each.asked);
    if (!systemd_passed_it_too) {
      loop.inherited().add(std::move(each));
    }
  }
  logger_->info(fmt::format("taking over from process {}", predecessor_->pid()));
  return {};
}

void Succession::begin(net::Loop& loop, std::function<void(int pid)> handed_over) {
  if (net::can_inherit_sockets()) {
    offer(loop);
  }
  // Posted: the services' listeners are started by the time that this runs.
  loop.post([this, &loop, handed_over = std::move(handed_over)] {
    tell_predecessor(loop);
    for (const std::string& unused : loop.inherited().close_unused()) {
      logger_->warn(unused);
    }
    if (offer_) {
      offer_->start({[this, handed_over](int pid) {
                       logger_->info(fmt::format("handed over to process {}, draining", pid));
                       handed_over(pid);
                     },
                     [this](const std::string& sentence) { logger_->warn(sentence); }});
    }
  });
}

void Succession::offer(net::Loop& loop) {
  const auto place = handover::place_of(config_);
  auto offer = place.and_then([&](const Endpoint& where) { return handover::Offer::create(loop, where); });
  if (offer) {
    offer_ = std::move(*offer);
  } else {
    logger_->info(fmt::format("this process cannot be replaced while it runs: {}", offer.error().message));
  }
}

void Succession::tell_predecessor(net::Loop& loop) {
  if (!predecessor_) {
    return;
  }
  if (auto told = predecessor_->tell_ready(); !told) {
    logger_->warn(fmt::format("process {} does not wait any more to be replaced ({}): see that it has ended",
                              predecessor_->pid(), told.error().message));
  }
  for (net::Listener* each : loop.listeners()) {
    each->leave_file(false);
  }
  predecessor_.reset();
}

std::vector<std::string> Succession::arguments_of_successor(const Start& start) {
  std::vector<std::string> arguments = start.arguments;
  if (!arguments.empty() &&
      std::find(arguments.begin(), arguments.end(), replace_option) == arguments.end()) {
    arguments.emplace_back(replace_option);
  }
  return arguments;
}

void Succession::start_successor(net::Loop& loop, const net::Child::Variables& variables,
                                 const broker::Broker* broker) {
  if (successor_ || brokered_) {
    logger_->info(fmt::format("process {} is starting already, to replace this one",
                              successor_ ? successor_->pid() : brokered_->pid()));
    return;
  }
  std::vector<std::string> arguments = arguments_of_successor(start_);
  if (arguments.empty() || !offer_) {
    logger_->warn("this process cannot be replaced while it runs");
    return;
  }
  int pid = 0;
  std::string error;
  if (broker != nullptr) {
    auto started = broker->start_successor(loop, [this](int code, int signal) {
      const auto ended = std::move(brokered_);
      successor_ended(ended->pid(), code, signal);
    });
    started ? static_cast<void>(brokered_ = std::move(*started))
            : static_cast<void>(error = started.error().message);
    pid = brokered_ ? brokered_->pid() : 0;
  } else {
    auto child =
        net::Child::start(loop, std::move(arguments), variables, [this](std::int64_t code, int signal) {
          successor_ended(successor_->pid(), code, signal);
          successor_.reset();
        });
    child ? static_cast<void>(successor_ = std::move(*child))
          : static_cast<void>(error = child.error().message);
    pid = successor_ ? successor_->pid() : 0;
  }
  if (!error.empty()) {
    logger_->warn(error);
    return;
  }
  logger_->info(fmt::format("started process {}, to replace this one", pid));
}

void Succession::successor_ended(int pid, std::int64_t code, int signal) {
  logger_->warn(
      fmt::format("process {}, which was to replace this one, has ended ({}): this one goes on", pid,
                  signal != 0 ? fmt::format("by signal {}", signal) : fmt::format("exit code {}", code)));
}

void Succession::end() {
  predecessor_.reset();
  offer_.reset();
  successor_.reset();
  brokered_.reset();
}

}  // namespace persona::cli
