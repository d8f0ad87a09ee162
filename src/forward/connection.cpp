#include "connection.hpp"

#include <utility>

#include "persona/net/error.hpp"
#include "read_ahead.hpp"

namespace persona::forward {

struct Connection::ReachingGateway {
  ReadAhead client;
  GatewayDialler gateway;
};

struct Connection::ReachingService {
  std::unique_ptr<tls::Session> session;
  int broken;  // why writing to the client failed: a libuv error code; 0: it did not
  ReadAhead client;
  Dialler service;
};

Connection::Connection(Worker& worker, std::shared_ptr<Service> service,
                       std::shared_ptr<const Generation> generation, const Accepted& accepted)
    : worker_(worker),
      service_(std::move(service)),
      generation_(std::move(generation)),
      place_(accepted.place),
      log_(*service_, accepted.client.to_string()) {}

Connection::~Connection() {
  service_->places().leave(place_);
}

void Connection::start(Accepted accepted) {
  worker_.loop().assert_here();
  handle_opened();  // keeps this object alive until the end of the function
  if (const int error = adopt(std::move(accepted)); error != 0) {
    close(
        {Reason::limit_reached, fmt::format("cannot take over the connection: {}", net::error_words(error))});
  } else if (dials_tls()) {
    reach_gateway();
  } else {
    verify_client();
  }
  handle_closed();
}

int Connection::adopt(Accepted accepted) {
  int error = 0;
  auto leg = net::Stream::create(worker_.loop(), accepted.kind, *this, error);
  if (leg) {
    error = leg->adopt(std::move(accepted.socket), generation_->config().tcp);
  }
  (dials_tls() ? plain_ : tls_) = std::move(leg);
  return error;
}

Dialler::Options Connection::dial_options() const {
  return {generation_->config().timeouts.connect, Dialler::Health::told};
}

Handshaking::Place Connection::handshaking_place() {
  return {worker_.loop(), worker_.pool(), service_.get(), *this, worker_.scratch().input()};
}

void Connection::reach_gateway() {
  const auto left = [this](int status) { accepted_left(status); };
  const GatewayDialler::Options options{dial_options(), generation_->config().timeouts.handshake};
  auto stage = std::unique_ptr<ReachingGateway>(new ReachingGateway{
      ReadAhead(worker_.loop(), *this, *plain_, worker_.scratch().input(), left),
      GatewayDialler(handshaking_place(), worker_.resolver(), *generation_, options, *this)});
  ReachingGateway& reaching = *stage;
  stage_ = std::move(stage);
  if (const int error = reaching.client.start(); error != 0) {
    accepted_left(error);
    return;
  }
  reaching.gateway.start();
}

void Connection::verify_client() {
  std::unique_ptr<Handshaking> stage(new Handshaking(handshaking_place(), *tls_, generation_->tls(), {},
                                                     generation_->config().timeouts.handshake, *this));
  Handshaking& handshaking = *stage;
  stage_ = std::move(stage);
  handshaking.start();
}

void Connection::reach_service(Handshaking::Verified client) {
  log_.set_handshake_time(client.took);
  service_->saw_oddities(client.oddities);
  const auto left = [this](int status) { accepted_left(status); };
  auto stage = std::unique_ptr<ReachingService>(new ReachingService{
      std::move(client.session), client.broken,
      ReadAhead(worker_.loop(), *this, *tls_, worker_.scratch().input(), left, std::move(client.rest)),
      Dialler(worker_.loop(), worker_.resolver(), *this, *generation_, dial_options(), *this)});
  ReachingService& reaching = *stage;
  stage_ = std::move(stage);
  const std::size_t limit = generation_->config().limits.connections;
  if (const auto refusal = service_->places().verified(place_, limit)) {
    close({Reason::limit_reached, *refusal});
    return;
  }
  if (client.ended) {
    reaching.client.start_ended(*client.ended);
  } else if (const int error = reaching.client.start(); error != 0) {
    accepted_left(error);
  }
  if (!closed_) {
    reaching.service.start();
  }
}

// The accepted leg ended without having sent a byte, or was reset: nobody is waiting for an answer.
void Connection::accepted_left(int status) {
  if (status != 0) {
    close({dials_tls() ? Reason::local_reset : Reason::gateway_reset, net::error_words(status)});
  } else {
    close(dials_tls() ? Reason::local_closed : Reason::gateway_closed);
  }
}

void Connection::on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) {
  tls_ = std::move(stream);
  log_.set_handshake_time(verified.took);
  service_->saw_oddities(verified.oddities);
  ReachingGateway& reaching = *in<ReachingGateway>();
  if (const tls::SessionInfo& info = verified.session->info(); info.peer_not_after) {
    service_->saw_gateway(reaching.gateway.endpoint(), info.peer, *info.peer_not_after);
  }
  open(std::move(verified.session), {reaching.client.take(), reaching.client.ended(),
                                     std::move(verified.rest), verified.ended, verified.broken});
}

void Connection::on_connected(net::HandlePtr<net::Stream> stream) {
  plain_ = std::move(stream);
  ReachingService& reaching = *in<ReachingService>();
  reaching.service.succeeded();
  Tunnel::Before before;
  before.records = reaching.client.take();
  before.tls_ended = reaching.client.ended() ? std::optional(0) : std::nullopt;
  before.tls_broken = reaching.broken != 0 ? reaching.broken : reaching.client.broken();
  open(std::move(reaching.session), std::move(before));
}

void Connection::open(std::unique_ptr<tls::Session> session, Tunnel::Before before) {
  note_target();
  const auto& timeouts = generation_->config().timeouts;
  std::unique_ptr<Tunnel> stage(new Tunnel(*this, worker_.scratch(), *plain_, *tls_, std::move(session),
                                           service_->mode(), {timeouts.idle, timeouts.half_close}));
  Tunnel& tunnel = *stage;
  stage_ = std::move(stage);
  log_.opened(tunnel.session());
  if (!close_if_revoked_meanwhile()) {
    tunnel.start(std::move(before));
  }
}

bool Connection::close_if_revoked(trust::RevocationSweep& sweep) {
  const tls::SessionInfo* peer = closed_ ? nullptr : session();
  const auto revoked =
      peer != nullptr && peer->peer_path ? sweep.find(*peer->peer_path, peer->peer) : std::nullopt;
  if (!revoked) {
    return false;
  }
  End why(Reason::verify_failed, *revoked);
  why.verify_reason = to_string(trust::VerifyReason::revoked);
  why.peer = peer->peer;
  why.peer_ids = peer->peer_ids;
  return close(why);
}

// CRLs that came into use during the handshake were compared with open connections only.
bool Connection::close_if_revoked_meanwhile() {
  const auto current = service_->current();
  const tls::ContextOptions& options = current->tls()->options();
  if (current == generation_ || !options.keep_peer_paths || !options.trust) {
    return false;
  }
  trust::RevocationSweep sweep(options.trust, tls::peer_of(options.role));
  return close_if_revoked(sweep);
}

void Connection::on_next_address(const End& why) {
  note_target();
  log_.next_address(why, now());
}

void Connection::note_target() {
  if (auto* reaching_gateway = in<ReachingGateway>()) {
    log_.set_target(reaching_gateway->gateway.target());
  } else if (auto* reaching_service = in<ReachingService>()) {
    log_.set_target(reaching_service->service.target());
  }
}

Milliseconds Connection::now() {
  return net::now(worker_.loop());
}

void Connection::set_alarm(Tunnel::Alarm alarm, Milliseconds delay) {
  auto& timer = this->timer(alarm);
  if (!timer) {
    timer = net::Timer::create(worker_.loop(), this);
  }
  timer->start(
      delay, [this, alarm] { in<Tunnel>()->rang(alarm); }, net::Timer::StoodStill::begins_anew);
}

const tls::SessionInfo* Connection::session() {
  if (const auto* tunnel = in<Tunnel>()) {
    return &tunnel->session();
  }
  const auto* reaching = in<ReachingService>();
  return reaching != nullptr ? &reaching->session->info() : nullptr;
}

bool Connection::close(const End& why) {
  worker_.loop().assert_here();
  if (std::exchange(closed_, true)) {
    return false;
  }
  log_close(why);
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

void Connection::drop_stranger(const End& why) {
  if (in<Handshaking>() != nullptr) {
    close(why);
  }
}

void Connection::log_close(const End& why) {
  note_target();
  const auto* tunnel = in<Tunnel>();
  ConnectionLog::Traffic traffic;
  bool expected = false;
  if (tunnel != nullptr) {
    traffic = {tunnel->plain_bytes(), tunnel->tls_bytes()};
    if (!dials_tls()) {
      std::swap(traffic.up, traffic.down);
    }
    // Many gateways answer a client that ends first with a bare FIN. The client is reset nevertheless, in
    // case it only half-closed, but this is nothing to warn the operator about.
    expected = why.reason == Reason::truncated && tunnel->first_end() == Reason::local_closed;
  }
  log_.closed(why, session(), traffic, expected, now());
}

Connection::Farewell Connection::farewell(const End& why) {
  const bool clean = is_clean(why.reason);
  if (const auto* tunnel = in<Tunnel>()) {
    return {!clean && !tunnel->answer_under_way(), !clean && !tunnel->alert_sent()};
  }
  // The tunnel was never open, so the TLS peer is owed no clean end: RST, unless an alert has been sent.
  Farewell farewell{!clean, true};
  if (const auto* handshaking = in<Handshaking>()) {
    farewell.reset_tls = !handshaking->alert_sent();
  } else if (const auto* reaching = in<ReachingService>()) {
    farewell.reset_tls = !abort_session(*reaching->session) || clean;
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
