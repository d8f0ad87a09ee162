#include "persona/handover/offer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "persona/handover/messages.hpp"
#include "persona/handover/place.hpp"
#include "persona/net/users.hpp"

namespace persona::handover {

namespace {

constexpr unsigned for_the_user = 0600;

}  // namespace

Result<std::unique_ptr<Offer>> Offer::create(net::Loop& loop, const Endpoint& place) {
  auto listener = net::Listener::bind(loop, place, {for_the_user, std::nullopt});
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  return std::unique_ptr<Offer>(new Offer(loop, std::move(*listener)));
}

Offer::~Offer() = default;

void Offer::start(Events events) {
  events_ = std::move(events);
  net::Listener::Events accepting;
  accepting.accepted = [this](net::Socket socket, const net::SocketAddress&) { accepted(std::move(socket)); };
  accepting.resting = [](const std::string&, Milliseconds) {};  // the services' listeners report it
  listener_->start(std::move(accepting));
}

void Offer::accepted(net::Socket socket) {
  const auto user = net::peer_user(socket);
  net::DescriptorLine line(std::move(socket));
  if (!user || !is_trusted(*user)) {
    events_.failed(fmt::format("{} asked for the sockets of this process, and is refused",
                               user ? net::user_in_words(*user) : "somebody"));
    return;
  }
  if (successor_) {
    static_cast<void>(line.send(write_refusal("another process is taking over already; try again later")));
    return;
  }
  successor_ = std::make_unique<Successor>(Successor{std::move(line)});
  auto watch = net::ReadWatch::create(loop_, successor_->line.socket(), [this] { receive(); });
  if (!watch) {
    give_up(watch.error().message);
    return;
  }
  successor_->watch = std::move(*watch);
  timer_ = net::Timer::create(loop_, nullptr);
  timer_->start(patience, [this] {
    give_up(fmt::format("it was not ready within {} s; if it runs, stop it", patience.count() / 1000));
  });
}

void Offer::receive() {
  while (successor_) {
    auto line = successor_->line.receive();
    if (!line) {
      give_up(line.error().message);
      return;
    }
    if (!*line) {
      return;
    }
    const auto order = read_order(**line);
    if (!order) {
      give_up(order.error().message);
      return;
    }
    if (order->order == Order::ask && successor_->pid == 0) {
      successor_->pid = order->pid;
      if (auto passed = pass_sockets(); !passed) {
        give_up(passed.error().message);
      }
      continue;
    }
    if (order->order == Order::ready && successor_->pid != 0) {
      const int pid = successor_->pid;
      timer_.reset();
      successor_.reset();
      const auto taken = std::move(events_.taken);  // this may be freed by it
      taken(pid);
      return;
    }
    give_up("it says the wrong thing at the wrong time");
  }
}

Result<void> Offer::pass_sockets() {
  const std::vector<net::Listener*>& all = loop_.listeners();
  leave_files(true);
  for (std::size_t begin = 0; begin < all.size(); begin += net::DescriptorLine::most_at_once) {
    const std::size_t end = std::min(all.size(), begin + net::DescriptorLine::most_at_once);
    Sockets sockets{own_pid(), {}, end < all.size()};
    std::vector<uv_os_sock_t> descriptors;
    for (std::size_t i = begin; i < end; ++i) {
      sockets.sockets.push_back({all[i]->asked(), all[i]->file()});
      descriptors.push_back(all[i]->socket());
    }
    if (auto sent = successor_->line.send(write_sockets(sockets), descriptors); !sent) {
      return sent;
    }
  }
  return {};
}

void Offer::leave_files(bool left) {
  for (net::Listener* each : loop_.listeners()) {
    each->leave_file(left);
  }
}

void Offer::give_up(const std::string& why) {
  const int pid = successor_->pid;
  timer_.reset();
  successor_.reset();
  if (pid != 0) {  // who only connects sees whether somebody is here
    leave_files(false);
    events_.failed(fmt::format("process {} has not taken over, and this one goes on: {}", pid, why));
  }
}

}  // namespace persona::handover
