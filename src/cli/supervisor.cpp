#include "supervisor.hpp"

#include <cstdio>
#include <span>
#include <utility>

#include "persona/host/service_manager.hpp"

namespace persona::cli {

Console::Console() {
  for (const auto signals : {net::reload_signals(), net::reopen_signals()}) {
    for (const int signal : signals) {
      net::ignore_signal(signal);
    }
  }
}

void Console::show(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Result<void> Console::ready(net::Loop& loop, host::Orders orders) {
  const std::pair<std::span<const int>, std::function<void()>> meanings[] = {
      {net::stop_signals(), std::move(orders.stop)},
      {net::reload_signals(), std::move(orders.reload)},
      {net::reopen_signals(), std::move(orders.reopen_logs)}};
  for (const auto& [signals, order] : meanings) {
    for (const int signal : signals) {
      auto watcher = net::SignalWatcher::create(loop, signal, order);
      if (!watcher) {
        return tl::unexpected(watcher.error());
      }
      signals_.push_back(std::move(*watcher));
    }
  }
  return {};
}

void ServiceControl::show(std::string_view text) {
  process_.report(log::Level::error, fmt::format("{}The service ends; Windows starts it again {}.", text,
                                                 host::restarts_in_words));
}

Result<void> ServiceControl::ready(net::Loop& loop, host::Orders orders) {
  const auto on_loop = [&loop](std::function<void()> order) {
    return [&loop, order = std::move(order)] { loop.post(order); };
  };
  process_.running({on_loop(std::move(orders.stop)), on_loop(std::move(orders.reload)), {}});
  return {};
}

}  // namespace persona::cli
