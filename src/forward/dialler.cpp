#include "persona/forward/dialler.hpp"

#include <algorithm>
#include <utility>

#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

constexpr Milliseconds unix_retry{20};  // between attempts while a Unix socket's backlog is full

}  // namespace

Dialler::Dialler(net::Loop& loop, net::Resolver& resolver, net::HandleOwner& owner,
                 const Generation& generation, Options options, Events& events)
    : loop_(loop),
      resolver_(resolver),
      owner_(owner),
      generation_(generation),
      options_(options),
      events_(events),
      timer_(net::Timer::create(loop, &owner)) {}

const Endpoint& Dialler::endpoint() const {
  return generation_.targets().at(order_[tried_]);
}

void Dialler::start() {
  loop_.assert_here();
  order_ = generation_.targets().order(now());
  dial();
}

void Dialler::dial() {
  current_ = {};
  deadline_ = now() + options_.timeout;
  const Endpoint& target = endpoint();
  current_.address = target.to_string();
  if (target.is_unix()) {
    connect_unix();
  } else if (!generation_.dial_rules().admits_host(target.host)) {
    target_failed({Reason::dial_failed, generation_.dial_rules().refusal_of_host(target.host)});
  } else if (auto numeric = net::SocketAddress::from_numeric(target.host, target.port)) {
    current_.addresses.push_back(*numeric);
    connect_allowed();
  } else {
    resolve();
  }
}

void Dialler::resolve() {
  if (options_.timeout.count() > 0) {
    const auto expired = [this] {
      target_failed({Reason::dial_timeout, lookup_->timed_out("timeouts.connect", options_.timeout)});
    };
    timer_->start(options_.timeout, expired, net::Timer::StoodStill::begins_anew);
  }
  lookup_ = net::Lookup::start(loop_, resolver_, generation_.config().name, endpoint().host, endpoint().port,
                               &owner_, [this](Result<std::vector<net::SocketAddress>> found) {
                                 lookup_.reset();
                                 if (!found) {
                                   target_failed({Reason::dial_failed, found.error().message});
                                   return;
                                 }
                                 current_.addresses = std::move(*found);
                                 connect_allowed();
                               });
}

// An address that gateway.allowed_addresses does not name is never dialled, wherever it came from.
void Dialler::connect_allowed() {
  const DialRules& rules = generation_.dial_rules();
  std::vector<IpAddress> refused;
  std::erase_if(current_.addresses, [&](const net::SocketAddress& address) {
    const auto ip = address.ip();
    if (ip && rules.admits(*ip)) {
      return false;
    }
    refused.push_back(ip.value_or(IpAddress()));
    return true;
  });
  if (current_.addresses.empty()) {
    target_failed({Reason::dial_failed, rules.refusal_of(endpoint().host, refused)});
    return;
  }
  connect_next();
}

void Dialler::connect_unix() {
  int error = 0;
  stream_ = net::Stream::create(loop_, net::Stream::Kind::unix_socket, owner_, error);
  if (error == 0) {
    error = stream_->connect_unix(endpoint().path, [this](int status) { connected(status); });
  }
  if (error != 0) {
    connect_failed(error);
  }
}

void Dialler::connect_next() {
  while (current_.next < current_.addresses.size()) {
    const net::SocketAddress& address = current_.addresses[current_.next];
    current_.address = address.to_string();
    const std::size_t left = current_.addresses.size() - current_.next;
    ++current_.next;
    int error = 0;
    stream_ = net::Stream::create(loop_, net::Stream::Kind::tcp, owner_, error);
    if (error == 0) {
      error = stream_->connect(
          address, [this](int status) { connected(status); }, generation_.config().tcp);
    }
    if (error == 0) {
      limit_connect(left);
      return;
    }
    stream_.reset();
    note_error(error);
  }
  target_failed({Reason::dial_failed, current_.error});
}

void Dialler::limit_connect(std::size_t addresses_left) {
  if (options_.timeout.count() == 0) {
    return;
  }
  if (deadline_ <= now()) {
    deadline_ = now() + options_.timeout;  // the timer has not told so: the process stood still
  }
  const auto expired = [this] {
    stream_.reset();
    note_error(fmt::format("no answer within timeouts.connect ({})", format_duration(options_.timeout)));
    if (current_.next < current_.addresses.size()) {
      connect_next();
    } else {
      target_failed({Reason::dial_timeout, current_.error});
    }
  };
  timer_->start((deadline_ - now()) / static_cast<int>(addresses_left), expired,
                net::Timer::StoodStill::begins_anew);
}

void Dialler::connected(int status) {
  if (status != 0) {
    connect_failed(status);
    return;
  }
  timer_->stop();
  deadline_ -= now();  // pauses the clock: the handshake that follows has its own timeout
  events_.on_connected(std::move(stream_));
}

void Dialler::connect_failed(int status) {
  stream_.reset();
  note_error(status);
  if (status == UV_EAGAIN && endpoint().is_unix() && now() < deadline_) {
    timer_->start(unix_retry, [this] { connect_unix(); });  // the backlog is full: TCP would wait by itself
    return;
  }
  connect_next();
}

void Dialler::note_error(int status) {
  current_.lacked_resources = current_.lacked_resources || status == UV_EMFILE || status == UV_ENFILE ||
                              status == UV_ENOBUFS || status == UV_ENOMEM;
  note_error(net::error_words(status));
}

void Dialler::note_error(const std::string& why) {
  const std::string name = endpoint().to_string();
  current_.error = name == current_.address
                       ? fmt::format("cannot connect to {}: {}", name, why)
                       : fmt::format("cannot connect to {} ({}): {}", name, current_.address, why);
}

void Dialler::succeeded() {
  if (options_.health == Health::told) {
    generation_.targets().succeeded(order_[tried_]);
  }
}

void Dialler::failed(End why) {
  deadline_ += now();
  if (current_.next == current_.addresses.size()) {
    target_failed(std::move(why));
    return;
  }
  events_.on_next_address(why);
  connect_next();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): `why` outlives what it came from
void Dialler::target_failed(End why) {
  timer_->stop();
  lookup_.reset();
  stream_.reset();
  if (!current_.lacked_resources && options_.health == Health::told) {
    generation_.targets().failed(order_[tried_], now());
  }
  if (tried_ + 1 == order_.size()) {
    events_.on_given_up(why);
    return;
  }
  events_.on_next_address(why);
  ++tried_;
  dial();
}

}  // namespace persona::forward
