// Stage 2: dial. Addresses are tried in order, each name resolved anew and held to gateway.allowed_addresses,
// each attempt bounded by timeouts.connect.
#include <algorithm>
#include <utility>

#include "persona/forward/connection.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

constexpr Milliseconds unix_retry{20};

}  // namespace

void Connection::dial() {
  state_ = State::dialing;
  order_ = generation_->targets().order(net::now(worker_.loop()));
  attempt_ = 0;
  dial_next();
}

void Connection::dial_next() {
  state_ = State::dialing;
  addresses_.clear();
  next_address_ = 0;
  last_dial_error_.clear();
  lacked_resources_ = false;
  dial_deadline_ = net::now(worker_.loop()) + generation_->config().timeouts.connect;
  const Endpoint& endpoint = target();
  target_ = endpoint.to_string();
  if (endpoint.is_unix()) {
    connect_unix(endpoint);
  } else if (!generation_->dial_rules().admits_host(endpoint.host)) {
    attempt_failed(Reason::dial_failed, generation_->dial_rules().refusal_of_host(endpoint.host));
  } else if (auto numeric = net::SocketAddress::from_numeric(endpoint.host, endpoint.port)) {
    addresses_.push_back(*numeric);
    connect_allowed();
  } else {
    resolve(endpoint);
  }
}

void Connection::resolve(const Endpoint& endpoint) {
  if (const Milliseconds timeout = generation_->config().timeouts.connect; timeout.count() > 0) {
    timer_->start(timeout, [this, timeout] {
      attempt_failed(Reason::dial_timeout, lookup_->timed_out("timeouts.connect", timeout));
    });
  }
  ++open_handles_;
  lookup_ = net::Lookup::start(worker_.loop(), worker_.resolver(), service_->name(), endpoint.host,
                               endpoint.port, this, [this](Result<std::vector<net::SocketAddress>> found) {
                                 lookup_.reset();
                                 if (!found) {
                                   attempt_failed(Reason::dial_failed, found.error().message);
                                   return;
                                 }
                                 addresses_ = std::move(*found);
                                 connect_allowed();
                               });
}

// What gateway.allowed_addresses does not name is never dialled, wherever it comes from.
void Connection::connect_allowed() {
  const DialRules& rules = generation_->dial_rules();
  std::vector<IpAddress> refused;
  std::erase_if(addresses_, [&](const net::SocketAddress& address) {
    const auto ip = address.ip();
    if (ip && rules.admits(*ip)) {
      return false;
    }
    refused.push_back(ip.value_or(IpAddress()));
    return true;
  });
  if (addresses_.empty()) {
    attempt_failed(Reason::dial_failed, rules.refusal_of(target().host, refused));
    return;
  }
  connect_next();
}

void Connection::connect_unix(const Endpoint& endpoint) {
  int error = 0;
  dialled_leg() = new_stream(net::Stream::Kind::unix_socket, error);
  if (error == 0) {
    error = dialled_leg()->connect_unix(endpoint.path);
  }
  if (error != 0) {
    connect_failed(error);
  }
}

void Connection::connect_next() {
  while (next_address_ < addresses_.size()) {
    const net::SocketAddress& address = addresses_[next_address_];
    target_ = address.to_string();
    const std::size_t left = addresses_.size() - next_address_;
    ++next_address_;
    int error = 0;
    dialled_leg() = new_stream(net::Stream::Kind::tcp, error);
    if (error == 0) {
      error = dialled_leg()->connect(address);
    }
    if (error == 0) {
      limit_connect(left);
      return;
    }
    dialled_leg().reset();
    note_dial_error(error);
  }
  attempt_failed(Reason::dial_failed, last_dial_error_);
}

// The time that is left is shared by the addresses that are left, so that one black hole does not use it all
// up.
void Connection::limit_connect(std::size_t addresses_left) {
  const Milliseconds timeout = generation_->config().timeouts.connect;
  if (timeout.count() == 0) {
    return;
  }
  const Milliseconds left = std::max(dial_deadline_ - net::now(worker_.loop()), Milliseconds(1));
  timer_->start(left / static_cast<int>(addresses_left), [this] {
    dialled_leg().reset();
    note_dial_error(fmt::format("no answer within timeouts.connect ({})",
                                format_duration(generation_->config().timeouts.connect)));
    if (next_address_ < addresses_.size()) {
      connect_next();
    } else {
      attempt_failed(Reason::dial_timeout, last_dial_error_);
    }
  });
}

void Connection::note_dial_error(int status) {
  lacked_resources_ = lacked_resources_ || status == UV_EMFILE || status == UV_ENFILE ||
                      status == UV_ENOBUFS || status == UV_ENOMEM;
  note_dial_error(net::error_words(status));
}

void Connection::note_dial_error(const std::string& why) {
  const std::string name = target().to_string();
  last_dial_error_ = name == target_ ? fmt::format("cannot connect to {}: {}", name, why)
                                     : fmt::format("cannot connect to {} ({}): {}", name, target_, why);
}

void Connection::connect_failed(int status) {
  dialled_leg().reset();
  note_dial_error(status);
  if (status == UV_EAGAIN && target().is_unix() && net::now(worker_.loop()) < dial_deadline_) {
    timer_->start(unix_retry,
                  [this] { connect_unix(target()); });  // its backlog is full, where TCP would wait
    return;
  }
  connect_next();
}

void Connection::on_connected(net::Stream&, int status) {
  if (closing()) {
    return;
  }
  if (status != 0) {
    connect_failed(status);
    return;
  }
  timer_->stop();
  if (dials_tls()) {
    begin_handshake(generation_->server_name(target()));
  } else {
    generation_->targets().succeeded(order_[attempt_]);
    open();
  }
}

void Connection::attempt_failed(Reason reason, const std::string& error) {
  timer_->stop();
  lookup_.reset();
  dialled_leg().reset();
  if (!lacked_resources_) {
    generation_->targets().failed(order_[attempt_], net::now(worker_.loop()));
  }
  if (attempt_ + 1 == order_.size()) {
    close(reason, error);
    return;
  }
  service_->failures().report(
      error, {{"reason", to_string(reason)}, {"target", target_}, {"next", "another address"}},
      net::now(worker_.loop()));
  ++attempt_;
  dial_next();
}

}  // namespace persona::forward
