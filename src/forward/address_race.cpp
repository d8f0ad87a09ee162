#include "persona/forward/address_race.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

Family family_of(const net::SocketAddress& address) {
  const auto ip = address.ip();
  return ip && ip->is_v4() ? Family::v4 : Family::v6;
}

std::deque<net::SocketAddress> interleaved(const std::vector<net::SocketAddress>& addresses,
                                           std::optional<Family> first) {
  const Family begins = first.value_or(addresses.empty() ? Family::v6 : family_of(addresses.front()));
  std::vector<net::SocketAddress> sorted = addresses;
  const auto others = std::stable_partition(
      sorted.begin(), sorted.end(), [&](const auto& address) { return family_of(address) == begins; });
  std::deque<net::SocketAddress> order;
  for (auto one = sorted.begin(), other = others; one != others || other != sorted.end();) {
    if (one != others) {
      order.push_back(*one++);
    }
    if (other != sorted.end()) {
      order.push_back(*other++);
    }
  }
  return order;
}

AddressRace::AddressRace(net::Loop& loop, net::HandleOwner& owner, std::deque<net::SocketAddress> addresses,
                         const TcpOptions& tcp, Events& events)
    : loop_(loop), owner_(owner), tcp_(tcp), events_(events), waiting_(std::move(addresses)) {}

void AddressRace::start(Milliseconds time) {
  ends_ = time.count() > 0 ? std::optional(net::now(loop_) + time) : std::nullopt;
  start_next();
}

std::vector<net::SocketAddress> AddressRace::under_way() const {
  std::vector<net::SocketAddress> addresses;
  for (const Attempt& attempt : attempts_) {
    addresses.push_back(attempt.address);
  }
  return addresses;
}

void AddressRace::start_next() {
  if (timer_) {
    timer_->stop();
  }
  while (!waiting_.empty()) {
    if (attempts_.size() == at_once) {
      const net::SocketAddress oldest = attempts_.front().address;
      attempts_.erase(attempts_.begin());
      events_.on_attempt_failed(oldest, UV_ETIMEDOUT);
    }
    const net::SocketAddress address = waiting_.front();
    const Milliseconds delay = this->delay();
    waiting_.pop_front();
    if (const int error = try_address(address); error != 0) {
      events_.on_attempt_failed(address, error);
      continue;
    }
    if (!waiting_.empty()) {
      if (!timer_) {
        timer_ = net::Timer::create(loop_, &owner_);
      }
      timer_->start(delay, [this] { start_next(); });
    }
    return;
  }
  if (attempts_.empty()) {
    events_.on_lost();
  }
}

int AddressRace::try_address(const net::SocketAddress& address) {
  const std::uint64_t number = next_number_++;
  int error = 0;
  auto stream = net::Stream::create(loop_, net::Stream::Kind::tcp, owner_, error);
  if (error == 0) {
    error = stream->connect(
        address, [this, number](int status) { finished(number, status); }, tcp_);
  }
  if (error == 0) {
    attempts_.push_back({number, address, std::move(stream)});
  }
  return error;
}

// Until the address after the next one in waiting_ is due.
Milliseconds AddressRace::delay() const {
  if (!ends_) {
    return attempt_delay;
  }
  const Milliseconds left = std::max(*ends_ - net::now(loop_), Milliseconds(0));
  return std::min(attempt_delay, left / static_cast<int>(waiting_.size()));
}

void AddressRace::finished(std::uint64_t number, int status) {
  const auto attempt = std::find_if(attempts_.begin(), attempts_.end(),
                                    [&](const Attempt& each) { return each.number == number; });
  const net::SocketAddress address = attempt->address;
  auto stream = std::move(attempt->stream);
  attempts_.erase(attempt);
  if (status != 0) {
    stream.reset();
    events_.on_attempt_failed(address, status);
    start_next();
    return;
  }
  for (const Attempt& overtaken : attempts_) {
    waiting_.push_back(overtaken.address);
  }
  attempts_.clear();
  timer_.reset();
  events_.on_won(std::move(stream), address);
}

}  // namespace persona::forward
