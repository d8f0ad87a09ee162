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
  order_ = options_.only ? std::vector{options_.only->target} : generation_.targets().order(now());
  dial();
}

const Proxy* Dialler::proxy() const {
  const auto& via = generation_.config().gateway.via;
  return via ? &via->proxy : nullptr;
}

// Resolved and connected to: the target, or the proxy before it.
const Endpoint& Dialler::dialled() const {
  return proxy() != nullptr ? proxy()->address : endpoint();
}

std::string Dialler::target() const {
  const auto tried = race_ ? race_->under_way() : std::vector<net::SocketAddress>();
  const std::string address = tried.empty() ? current_.address : tried.back().to_string();
  return proxy() == nullptr || address.empty() ? address
                                               : fmt::format("{} via {}", endpoint().to_string(), address);
}

void Dialler::dial() {
  current_ = {};
  began_ = net::stopwatch();
  deadline_ = now() + options_.timeout;
  const Endpoint& target = dialled();
  current_.address = target.to_string();
  if (target.is_unix()) {
    connect_unix();
  } else if (!generation_.dial_rules().admits_host(endpoint().host)) {
    target_failed({Reason::dial_failed, generation_.dial_rules().refusal_of_host(endpoint().host)});
  } else if (options_.only && options_.only->address) {
    connect_allowed({*options_.only->address});
  } else if (auto numeric = net::SocketAddress::from_numeric(target.host, target.port)) {
    connect_allowed({*numeric});
  } else {
    resolve();
  }
}

void Dialler::resolve() {
  if (options_.timeout.count() > 0) {
    const auto expired = [this] {
      looked_up(LookupResult::timed_out);
      not_reached({Reason::dial_timeout, lookup_->timed_out("timeouts.connect", options_.timeout)});
    };
    timer_->start(options_.timeout, expired, net::Timer::StoodStill::begins_anew);
  }
  lookup_ = net::Lookup::start(loop_, resolver_, generation_.config().name, dialled().host, dialled().port,
                               &owner_, [this](const Result<std::vector<net::SocketAddress>>& found) {
                                 lookup_.reset();
                                 looked_up(found ? LookupResult::found : LookupResult::failed);
                                 if (!found) {
                                   End why(Reason::dial_failed, found.error().message);
                                   why.unresolved = true;
                                   not_reached(why);
                                   return;
                                 }
                                 connect_allowed(*found);
                               });
}

void Dialler::looked_up(LookupResult result) {
  if (options_.counters != nullptr) {
    options_.counters->looked_up(result);
  }
}

// An address that gateway.allowed_addresses does not name is never dialled, wherever it came from; a proxy's
// is not the gateway's.
void Dialler::connect_allowed(const std::vector<net::SocketAddress>& addresses) {
  const DialRules& rules = generation_.dial_rules();
  std::vector<net::SocketAddress> admitted;
  std::vector<IpAddress> refused;
  for (const net::SocketAddress& address : addresses) {
    const auto ip = address.ip();
    if (proxy() != nullptr || (ip && rules.admits(*ip))) {
      admitted.push_back(address);
    } else {
      refused.push_back(ip.value_or(IpAddress()));
    }
  }
  if (admitted.empty()) {
    target_failed({Reason::dial_failed, rules.refusal_of(endpoint().host, refused)});
    return;
  }
  race_.emplace(loop_, owner_, interleaved(admitted, generation_.targets().family(order_[tried_])),
                generation_.config().tcp, static_cast<AddressRace::Events&>(*this));
  connect();
}

void Dialler::connect() {
  Milliseconds left{0};
  if (options_.timeout.count() > 0) {
    if (deadline_ <= now()) {
      deadline_ = now() + options_.timeout;  // the timer has not told so: the process stood still
    }
    left = deadline_ - now();
    timer_->start(
        left, [this] { no_answer(); }, net::Timer::StoodStill::begins_anew);
  }
  race_->start(left);
}

void Dialler::on_won(net::HandlePtr<net::Stream> stream, const net::SocketAddress& address) {
  current_.address = address.to_string();
  current_.family = family_of(address);
  connected(std::move(stream));
}

void Dialler::connected(net::HandlePtr<net::Stream> stream) {
  if (options_.counters != nullptr) {
    options_.counters->connected(net::stopwatch() - began_);
  }
  timer_->stop();
  deadline_ -= now();  // pauses the clock: the handshake that follows has its own timeout
  events_.on_connected(std::move(stream));
}

void Dialler::on_attempt_failed(const net::SocketAddress& address, int status) {
  current_.address = address.to_string();
  note_failure(status);
}

void Dialler::on_lost() {
  not_reached(failure(Reason::dial_failed));
}

void Dialler::no_answer() {
  for (const net::SocketAddress& address : race_->under_way()) {
    current_.address = address.to_string();
    note_failure(fmt::format("no answer within timeouts.connect ({})", format_duration(options_.timeout)),
                 UV_ETIMEDOUT);
  }
  not_reached(failure(Reason::dial_timeout));
}

void Dialler::connect_unix() {
  int error = 0;
  unix_ = net::Stream::create(loop_, net::Stream::Kind::unix_socket, owner_, error);
  if (error == 0) {
    error = unix_->connect_unix(endpoint().path, [this](int status) { unix_connected(status); });
  }
  if (error != 0) {
    unix_connected(error);
  }
}

void Dialler::unix_connected(int status) {
  if (status == 0) {
    connected(std::move(unix_));
    return;
  }
  unix_.reset();
  if (status == UV_EAGAIN && now() < deadline_) {
    timer_->start(unix_retry, [this] { connect_unix(); });  // the backlog is full: TCP would wait by itself
    return;
  }
  note_failure(status);
  target_failed(failure(Reason::dial_failed));
}

void Dialler::note_failure(int status) {
  current_.lacked_resources = current_.lacked_resources || status == UV_EMFILE || status == UV_ENFILE ||
                              status == UV_ENOBUFS || status == UV_ENOMEM;
  note_failure(net::error_words(status), status);
}

void Dialler::note_failure(std::string words, int status) {
  if (words != current_.last.words) {
    current_.other = std::move(current_.last);
  }
  current_.last = {current_.address, std::move(words), status};
}

// With the addresses of a name racing, the last to fail may be the least telling.
End Dialler::failure(Reason reason) const {
  const auto& [address, words, status] = current_.last;
  const std::string name = dialled().to_string();
  const std::string_view what = proxy() != nullptr ? "proxy " : "";
  std::string sentence = name == address
                             ? fmt::format("cannot connect to {}{}: {}", what, name, words)
                             : fmt::format("cannot connect to {}{} ({}): {}", what, name, address, words);
  if (!current_.other.words.empty()) {
    sentence += fmt::format("; {}: {}", current_.other.address, current_.other.words);
  }
  End end(reason, std::move(sentence));
  end.status = status;
  return end;
}

void Dialler::succeeded() {
  if (options_.health == Health::told) {
    generation_.targets().succeeded(order_[tried_], current_.family);
  }
}

void Dialler::failed(End why) {
  deadline_ += now();
  if (!race_ || race_->exhausted()) {
    target_failed(std::move(why));
    return;
  }
  events_.on_next_address(why);
  began_ = net::stopwatch();
  connect();
}

void Dialler::give_up(End why) {
  order_.resize(tried_ + 1);
  target_failed(std::move(why));
}

void Dialler::not_reached(End why) {
  if (proxy() != nullptr) {
    why.on_the_way = true;
    why.error += fmt::format("; it is the way to {} (gateway.via)", endpoint().to_string());
  }
  target_failed(std::move(why));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): `why` outlives what it came from
void Dialler::target_failed(End why) {
  timer_->stop();
  lookup_.reset();
  race_.reset();
  unix_.reset();
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
