#include "connection.hpp"

#include <algorithm>
#include <utility>

#include "accept.hpp"
#include "connection_stages.hpp"
#include "introduction.hpp"
#include "persona/net/error.hpp"

namespace persona::forward {

namespace {

// PostgreSQL 17 and later take TLS without being asked for it, from whoever offers this ALPN protocol. They
// see TLS, of which the client has none, as with gateway.negotiate.
bool is_tls_at_once(const config::Config& config) {
  return config.mode == config::Mode::persona && config.protocol == Protocol::postgresql &&
         std::find(config.tls.alpn.begin(), config.tls.alpn.end(), "postgresql") != config.tls.alpn.end();
}

std::unique_ptr<dialect::Facade> make_facade(const config::Config& config) {
  if (config.gateway.negotiate || is_tls_at_once(config)) {
    return dialect::Facade::create_negotiated(*config.protocol);
  }
  return config.protocol ? dialect::Facade::create(*config.protocol) : nullptr;
}

// A database may drop the connection when it has read its client's leave, and the client is about to end it.
constexpr Milliseconds leave_limit{250};

}  // namespace

Connection::Connection(Worker& worker, std::shared_ptr<Service> service,
                       std::shared_ptr<const Generation> generation, const Accepted& accepted)
    : worker_(worker),
      service_(std::move(service)),
      generation_(std::move(generation)),
      counters_(service_->counters().of_loop(worker_.number())),
      place_(accepted.place),
      log_(*service_, accepted.client.to_string()),
      facade_(make_facade(generation_->config())) {}

Connection::~Connection() {
  service_->places().leave(place_);
}

void Connection::start(Accepted accepted) {
  worker_.loop().assert_here();
  handle_opened();  // keeps this object alive until the end of the function
  const std::string refusal = std::move(accepted.refusal);
  const bool relayed = accepted.relayed;
  const net::SocketAddress client = accepted.client;
  if (const int error = adopt(std::move(accepted)); error != 0) {
    close(
        {Reason::limit_reached, fmt::format("cannot take over the connection: {}", net::error_words(error))});
  } else if (!refusal.empty()) {
    close({Reason::limit_reached, refusal});
  } else if (relayed) {
    read_header(client);
  } else {
    serve();
  }
  handle_closed();
}

void Connection::serve() {
  if (dials_tls()) {
    reach_gateway();
  } else {
    verify_client();
  }
}

void Connection::read_header(const net::SocketAddress& sender) {
  net::Stream& leg = dials_tls() ? *plain_ : *tls_;
  auto stage = std::make_unique<HeaderReading>(worker_.loop(), *this, leg, worker_.scratch().input(), sender,
                                               generation_->config().timeouts.handshake,
                                               dials_tls() ? Reason::local_closed : Reason::gateway_closed,
                                               static_cast<HeaderReading::Events&>(*this));
  HeaderReading& reading = *stage;
  stage_ = std::move(stage);
  reading.start();
}

void Connection::on_header(const std::optional<HeaderReading::Place>& client) {
  net::SocketAddress address = in<HeaderReading>()->sender();
  if (client) {
    relayed_ = client;
    address = *net::SocketAddress::from_numeric(client->address.to_string(), client->port);
    log_.set_client(address.to_string());
  }
  if (const auto refused = admit_relayed(*service_, *generation_, address, place_, worker_)) {
    close(*refused);
  } else {
    serve();
  }
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
  return {generation_->config().timeouts.connect, Dialler::Health::told, {}, &counters_};
}

Handshaking::Place Connection::handshaking_place() {
  return {worker_.loop(), worker_.pool(), service_.get(), *this, worker_.scratch().input()};
}

void Connection::reach_gateway() {
  const auto left = [this](int status) { accepted_left(status); };
  const GatewayDialler::Options options{dial_options(), generation_->config().timeouts.handshake};
  auto stage = std::unique_ptr<ReachingGateway>(new ReachingGateway{
      ReadAhead(worker_.loop(), *this, *plain_, worker_.scratch().input(), left, {},
                facade_ ? this : nullptr),
      GatewayDialler(handshaking_place(), worker_.resolver(), *generation_, options, *this)});
  ReachingGateway& reaching = *stage;
  stage_ = std::move(stage);
  if (const int error = reaching.client.start(); error != 0) {
    accepted_left(error);
    return;
  }
  reaching.gateway.start();
}

// What the client asks before its session begins is answered at once, without waiting for the gateway.
bool Connection::filter(ByteView bytes, Buffer& held) {
  Buffer answer;
  facade_->received(bytes, held, answer);
  if (!answer.empty()) {
    static_cast<void>(plain_->write(answer.view()));  // reading tells if it is gone
  }
  if (facade_->telling() == dialect::Facade::Telling::told) {
    close({Reason::local_closed,
           "the client asked for TLS, though it was not offered: it has been told to do without"});
    return false;
  }
  if (!held.empty()) {
    in<ReachingGateway>()->gateway.client_answered(held.view());
  }
  return !closed_ && in<ReachingGateway>() != nullptr;
}

void Connection::on_greeting(ByteView greeting) {
  Buffer to_client;
  facade_->answered(greeting, to_client);
  static_cast<void>(plain_->write(to_client.view()));
  ReachingGateway& reaching = *in<ReachingGateway>();
  if (!reaching.client.held().empty()) {
    reaching.gateway.client_answered(reaching.client.held());
  }
}

void Connection::verify_client() {
  std::unique_ptr<Handshaking> stage(new Handshaking(handshaking_place(), *tls_, generation_->tls(), {},
                                                     generation_->config().timeouts.handshake, *this));
  Handshaking& handshaking = *stage;
  stage_ = std::move(stage);
  handshaking.start();
}

void Connection::note_handshake(const Handshaking::Verified& verified) {
  log_.set_handshake_time(std::chrono::duration_cast<Milliseconds>(verified.took));
  const tls::SessionInfo& session = verified.session->info();
  counters_.handshake_done(session.resumed, session.group, verified.took);
}

void Connection::reach_service(Handshaking::Verified client) {
  note_handshake(client);
  service_->saw_oddities(client.oddities, log_.id());
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
  log_.accepted(reaching.session->info());
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
  note_handshake(verified);
  service_->saw_oddities(verified.oddities, log_.id());
  note_target();
  log_.accepted(verified.session->info());
  ReachingGateway& reaching = *in<ReachingGateway>();
  if (const tls::SessionInfo& info = verified.session->info(); info.peer_not_after) {
    service_->saw_gateway(reaching.gateway.endpoint(), expiry_of(Expiry::Role::gateway, info.peer,
                                                                 info.peer_not_before, *info.peer_not_after));
  }
  open(std::move(verified.session),
       {reaching.client.take(), reaching.client.ended(), std::move(verified.rest), verified.ended,
        facade_.get(), verified.broken});
}

void Connection::on_connected(net::HandlePtr<net::Stream> stream) {
  plain_ = std::move(stream);
  if (const net::SocketAddress ours = plain_->local(); ours.is_ip()) {
    log_.set_dialled_from(ours.to_string());
  }
  ReachingService& reaching = *in<ReachingService>();
  reaching.service.succeeded();
  if (generation_->config().introduces_clients) {
    Buffer header;
    append_introduction(*tls_, relayed_, reaching.session->info(), header);
    static_cast<void>(plain_->write(header.view()));  // reading tells if the service is gone
  }
  Tunnel::Before before;
  before.records = reaching.client.take();
  before.tls_ended = reaching.client.ended() ? std::optional(0) : std::nullopt;
  before.tls_broken = reaching.broken != 0 ? reaching.broken : reaching.client.broken();
  before.facade = facade_.get();
  open(std::move(reaching.session), std::move(before));
}

void Connection::open(std::unique_ptr<tls::Session> session, Tunnel::Before before) {
  note_target();
  const auto& timeouts = generation_->config().timeouts;
  const Milliseconds leave = generation_->config().protocol ? leave_limit : Milliseconds(0);
  std::unique_ptr<Tunnel> stage(new Tunnel(*this, worker_.scratch(), *plain_, *tls_, std::move(session),
                                           service_->mode(), {timeouts.idle, timeouts.half_close, leave}));
  Tunnel& tunnel = *stage;
  stage_ = std::move(stage);
  log_.opened(tunnel.session(), generation_->config().log_opens ? log::Level::info : log::Level::debug);
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
  count_failure(why);
  note_target();
  log_.next_address(why, now());
}

void Connection::note_target() {
  if (auto* reaching_gateway = in<ReachingGateway>()) {
    log_.set_target(reaching_gateway->gateway.target());
    log_.set_dialled_from(reaching_gateway->gateway.source());
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

}  // namespace persona::forward
