#include "supervisor.hpp"

#include <cstdio>
#include <span>
#include <utility>

#include "persona/base/standard_error.hpp"
#include "persona/base/text.hpp"
#include "persona/host/service_manager.hpp"

namespace persona::cli {

Console::Console() {
  for (const auto signals : {net::reload_signals(), net::reopen_signals(), net::replace_signals()}) {
    for (const int signal : signals) {
      net::ignore_signal(signal);
    }
  }
  net::leave_no_zombies();
  if (!notifier_.problem().empty()) {
    show(fmt::format("persona: {}\n", notifier_.problem()));
  }
}

void Console::show(std::string_view text) {
  const std::string lines = log::for_standard_error(log::Level::error, text);
  std::fwrite(lines.data(), 1, lines.size(), stderr);
  static_cast<void>(notifier_.send("STATUS=" + printable(text.substr(0, text.find('\n')))));
}

Result<void> Console::ready(net::Loop& loop, host::Orders orders, Vitals vitals) {
  const std::pair<std::span<const int>, std::function<void()>> meanings[] = {
      {net::stop_signals(), std::move(orders.stop)},
      {net::reload_signals(), std::move(orders.reload)},
      {net::reopen_signals(), std::move(orders.reopen_logs)},
      {net::replace_signals(), std::move(orders.replace)}};
  for (const auto& [signals, order] : meanings) {
    for (const int signal : order ? signals : std::span<const int>()) {
      auto watcher = net::SignalWatcher::create(loop, signal, order);
      if (!watcher) {
        return tl::unexpected(watcher.error());
      }
      signals_.push_back(std::move(*watcher));
    }
  }
  if (notifier_.is_heard()) {
    notices_.emplace(notifier_, loop, std::move(vitals));
  }
  return {};
}

void Console::reloading() {
  if (notices_) {
    notices_->reloading();
  }
}

void Console::reloaded(const std::string& refusal) {
  if (notices_) {
    notices_->reloaded(refusal);
  }
}

void Console::draining() {
  if (notices_) {
    notices_->draining();
  }
}

void Console::handed_over(int process) {
  notices_.reset();
  if (notifier_.is_heard() && !notifier_.hand_over_to(process)) {
    show(fmt::format("persona: systemd was not told that process {} is the service now: it may end both\n",
                     process));
  }
}

void Console::forget() {
  notices_.reset();
  signals_.clear();
}

void ServiceControl::show(std::string_view text) {
  process_.report(log::Level::error, fmt::format("{}The service ends; Windows starts it again {}.", text,
                                                 host::restarts_in_words));
}

Result<void> ServiceControl::ready(net::Loop& loop, host::Orders orders, Vitals /*vitals*/) {
  const auto on_loop = [&loop](std::function<void()> order) {
    return [&loop, order = std::move(order)] { loop.post(order); };
  };
  process_.running({on_loop(std::move(orders.stop)), on_loop(std::move(orders.reload)), {}, {}});
  return {};
}

}  // namespace persona::cli
