// The end of a connection: what the log says, what its client is told, and how the legs are closed.
#include <utility>

#include "connection.hpp"
#include "connection_stages.hpp"
#include "max_age.hpp"
#include "regret.hpp"

namespace persona::forward {

bool Connection::close(const End& why) {
  worker_.loop().assert_here();
  if (std::exchange(closed_, true)) {
    if (why.reason == Reason::shutdown && telling_) {
      telling_->stop();
      telling_.reset();
    }
    return false;
  }
  log_close(why);
  tell_client(why);
  const Farewell farewell = this->farewell(why);
  if (plain_ && farewell.reset_plain) {
    plain_->reset_on_close();
  }
  if (tls_ && farewell.reset_tls) {
    tls_->reset_on_close();
  }
  if (auto* tunnel = in<Tunnel>()) {
    tunnel->stop();  // not destroyed: it may be our caller. It is freed with this object
  } else {
    stage_ = Closed{};
  }
  quiet_timer_.reset();
  hangup_timer_.reset();
  plain_.reset();
  tls_.reset();
  return true;
}

// The client's leg stays until it was told, in its protocol's words, why there is no session.
void Connection::tell_client(const End& why) {
  if (!facade_ || (is_clean(why.reason) && !facade_->awaits_answer())) {
    return;
  }
  auto regret = regret_for(why, service_->mode(), far_side(), log_.id());
  auto client = regret ? take_client() : std::nullopt;
  if (!client) {
    return;
  }
  client->reset = !is_clean(why.reason);
  const Milliseconds handshake = generation_->config().timeouts.handshake;
  const bool hurry = why.reason == Reason::shutdown || worker_.is_draining();
  telling_ = std::make_unique<Telling>(worker_.loop(), *this, worker_.scratch(), std::move(*client),
                                       [this] { telling_.reset(); });
  if (!telling_->start(std::move(*regret), hurry ? Milliseconds(0) : Telling::patience(handshake))) {
    telling_.reset();
  }
}

// Nothing if it has been sent a byte of the far side's, or if it was never verified, or named.
std::optional<Telling::Client> Connection::take_client() {
  Telling::Client client;
  if (in<HeaderReading>() != nullptr) {
    return std::nullopt;
  }
  if (auto* tunnel = in<Tunnel>()) {
    if (!tunnel->is_unanswered()) {
      return std::nullopt;
    }
    if (!dials_tls()) {
      client.session = tunnel->take_session();
      client.unread = tunnel->take_records();
    }
  } else if (auto* reaching = in<ReachingService>()) {
    client.session = std::move(reaching->session);
    client.unread = reaching->client.take();
  } else if (!dials_tls()) {
    return std::nullopt;
  }
  client.leg = std::move(dials_tls() ? plain_ : tls_);
  client.facade = std::move(facade_);
  return client.leg ? std::optional(std::move(client)) : std::nullopt;
}

/// As the client knows it.
std::string Connection::far_side() const {
  const config::Config& config = generation_->config();
  if (!dials_tls()) {
    return config.name;
  }
  const auto& gateways = config.gateway.addresses;
  return gateways.size() == 1 ? gateways.front().value.to_string() : log_.target();
}

void Connection::hurry() {
  if (telling_ && telling_->is_waiting()) {
    telling_->stop();
    telling_.reset();
  }
}

void Connection::drop_stranger(const End& why) {
  if (in<Handshaking>() != nullptr || in<HeaderReading>() != nullptr) {
    close(why);
  }
}

// A gateway's verdict on our certificate may come when the handshake is over for us (TLS 1.3).
void Connection::count_failure(const End& why) {
  switch (why.reason) {
    case Reason::handshake_failed:
    case Reason::handshake_timeout:
    case Reason::verify_failed:
    case Reason::gateway_reset:
    case Reason::protocol_error:
      if (in<ReachingGateway>() == nullptr && in<Handshaking>() == nullptr) {
        return;
      }
      break;
    case Reason::client_certificate_refused:
      break;
    default:
      return;
  }
  counters_.handshake_failed(why);
}

std::optional<Milliseconds> Connection::end_if_old() {
  const Milliseconds max_age = generation_->config().limits.max_age;
  auto* tunnel = in<Tunnel>();
  if (closed_ || max_age.count() == 0 || (tunnel != nullptr && tunnel->is_concluding())) {
    return std::nullopt;
  }
  const AgeLimit limit = age_limit(max_age, place_);
  const Milliseconds age = now() - log_.started();
  if (age < limit.orderly) {
    return log_.started() + limit.orderly;
  }
  const std::string allowed = format_duration(max_age);
  if (tunnel != nullptr && tunnel->is_quiet(quiet_moment(max_age))) {
    tunnel->conclude({Reason::max_age, fmt::format("it is as old as limits.max_age allows ({})", allowed)});
    return std::nullopt;
  }
  if (tunnel != nullptr && age < limit.latest) {
    return now() + quiet_moment(max_age);
  }
  close({Reason::max_age,
         tunnel == nullptr
             ? fmt::format("it is as old as limits.max_age allows ({}), and was not open yet", allowed)
             : fmt::format("it is as old as limits.max_age allows ({}), and was cut, because data has been "
                           "moving without a pause since",
                           allowed)});
  return std::nullopt;
}

void Connection::log_close(const End& why) {
  note_target();
  count_failure(why);
  const auto* tunnel = in<Tunnel>();
  bool expected = false;
  if (tunnel != nullptr) {
    // Many gateways answer a client that ends first with a bare FIN. The client is reset nevertheless, in
    // case it only half-closed, but this is nothing to warn the operator about.
    expected = why.reason == Reason::truncated && tunnel->first_end() == Reason::local_closed;
  }
  const End told = was_left(why.reason) ? End(*tunnel->first_end()) : why;
  counters_.connection_ended(told.reason);
  log_.closed(told, session(), traffic(), expected, now());
}

ConnectionLog::Traffic Connection::traffic() {
  const auto* tunnel = in<Tunnel>();
  if (tunnel == nullptr) {
    return {};
  }
  ConnectionLog::Traffic traffic{tunnel->plain_bytes(), tunnel->tls_bytes()};
  if (!dials_tls()) {
    std::swap(traffic.up, traffic.down);
  }
  return traffic;
}

// Clients of databases take leave in their protocol and expect no answer. How the far side then drops its
// connection (a reset by a service that has not read the leave, no close_notify) is no news.
bool Connection::was_left(Reason reason) {
  const auto* tunnel = in<Tunnel>();
  const bool persona = dials_tls();
  return generation_->config().protocol && tunnel != nullptr &&
         tunnel->first_end() == (persona ? Reason::local_closed : Reason::gateway_closed) &&
         (persona ? reason == Reason::gateway_reset || reason == Reason::truncated
                  : reason == Reason::local_reset);
}

Connection::Farewell Connection::farewell(const End& why) {
  const auto* tunnel = in<Tunnel>();
  const bool clean = is_clean(why.reason) || (tunnel != nullptr && tunnel->concluded());
  if (tunnel != nullptr) {
    return {!clean && !tunnel->answer_under_way(), !clean && !tunnel->alert_sent()};
  }
  // The tunnel was never open, so the TLS peer is owed no clean end: RST, unless an alert has been sent.
  Farewell farewell{!clean, true};
  if (const auto* handshaking = in<Handshaking>()) {
    farewell.reset_tls = !handshaking->alert_sent();
  } else if (const auto* reaching = in<ReachingService>()) {
    farewell.reset_tls = reaching->session && (!abort_session(*reaching->session) || clean);
  }
  return farewell;
}

// The service cannot be reached, and the TLS client must not take our end for a clean one. True: an alert was
// sent.
bool Connection::abort_session(tls::Session& session) {
  Buffer& records = worker_.scratch().records();
  session.abort(records);
  if (records.empty()) {
    return false;
  }
  const auto written = tls_->write(records.view());
  return written && *written;
}

}  // namespace persona::forward
