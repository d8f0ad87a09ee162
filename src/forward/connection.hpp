// One forwarded connection: an accepted leg, a dialled leg, and one TLS session on one of them.
//
//     mode persona:  ReachingGateway -> Tunnel -> closed
//     mode gateway:  Handshaking -> ReachingService -> Tunnel -> closed
//
// With `listen.proxy_protocol` HeaderReading comes before both.
//
// Each stage is an object that receives its streams' events itself, and owns what only it needs.
#pragma once

#include <memory>
#include <variant>

#include "connection_log.hpp"
#include "persona/forward/dialler.hpp"
#include "persona/forward/gateway_dialler.hpp"
#include "persona/forward/handshaking.hpp"
#include "persona/forward/header_reading.hpp"
#include "persona/forward/live_connections.hpp"
#include "persona/forward/reason.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"
#include "persona/trust/peer_path.hpp"
#include "read_ahead.hpp"
#include "telling.hpp"
#include "tunnel.hpp"
#include "worker.hpp"

namespace persona::forward {

/// Belongs to one loop and is used only by its thread. The Worker owns it, and frees it once the last of its
/// handles has closed. Between close() and that moment it exists without receiving events.
class Connection final : public net::HandleOwner,
                         private GatewayDialler::Events,
                         private Dialler::Events,
                         private ReadAhead::Filter,
                         private HeaderReading::Events,
                         private Handshaking::Events,
                         private Tunnel::Host {
 public:
  /// `accepted` has its place at the service; the destructor gives it back.
  Connection(Worker& worker, std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
             const Accepted& accepted);
  ~Connection();

  const Service& service() const { return *service_; }
  Places::Number place() const { return place_; }

  /// Takes over the socket and starts. The connection may be freed within the call.
  void start(Accepted accepted);

  /// Every connection ends here. Idempotent: the first reason wins. False: it was closed already.
  bool close(const End& why);

  /// Persona is stopping: a client that is to be told of a failure, and does not listen yet, is left.
  void hurry();

  /// The same for a client that is not verified or not named yet; else nothing happens.
  void drop_stranger(const End& why);

  std::uint64_t id() const { return log_.id(); }
  bool is_in(const Selection& selection);
  LiveConnection describe();

  /// Ends it if it is as old as limits.max_age allows. When to look again, by the loop's clock; nothing:
  /// never.
  std::optional<Milliseconds> end_if_old();

  /// Ends it if a certificate by which its peer was accepted is revoked now. True: it has ended.
  bool close_if_revoked(trust::RevocationSweep& sweep);

 private:
  /// Mode persona: the client waits while a gateway is dialled and verified.
  struct ReachingGateway;
  /// Mode gateway: the client is verified, and waits while the service is dialled.
  struct ReachingService;
  struct Closed {};

  using Stage =
      std::variant<Closed, std::unique_ptr<HeaderReading>, std::unique_ptr<ReachingGateway>,
                   std::unique_ptr<Handshaking>, std::unique_ptr<ReachingService>, std::unique_ptr<Tunnel>>;

  /// How the legs are closed.
  struct Farewell {
    bool reset_plain = false;  // RST instead of FIN
    bool reset_tls = false;
  };

  bool dials_tls() const { return service_->mode() == config::Mode::persona; }
  template <class T>
  T* in() {
    auto* stage = std::get_if<std::unique_ptr<T>>(&stage_);
    return stage != nullptr ? stage->get() : nullptr;
  }
  int adopt(Accepted accepted);
  void accepted_left(int status);
  Dialler::Options dial_options() const;
  Handshaking::Place handshaking_place();
  void read_header(const net::SocketAddress& sender);
  void serve();
  void reach_gateway();
  void verify_client();
  void note_handshake(const Handshaking::Verified& verified);
  void reach_service(Handshaking::Verified client);
  void open(std::unique_ptr<tls::Session> session, Tunnel::Before before);
  bool close_if_revoked_meanwhile();
  void note_target();
  const tls::SessionInfo* session();
  void count_failure(const End& why);
  ConnectionLog::Traffic traffic();
  void log_close(const End& why);
  bool was_left(Reason reason);
  Farewell farewell(const End& why);
  void tell_client(const End& why);
  std::optional<Telling::Client> take_client();
  std::string far_side() const;
  bool abort_session(tls::Session& session);

  // GatewayDialler::Events and Dialler::Events
  void on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) override;
  void on_connected(net::HandlePtr<net::Stream> stream) override;
  void on_greeting(ByteView greeting) override;
  void on_next_address(const End& why) override;
  void on_given_up(const End& why) override { close(why); }

  // ReadAhead::Filter, for the client's first exchange
  bool filter(ByteView bytes, Buffer& held) override;
  void filter_end(Buffer& held) override { facade_->received_end(held); }

  // HeaderReading::Events
  void on_header(const std::optional<HeaderReading::Place>& client) override;
  void on_header_failed(const End& why) override { close(why); }

  // Handshaking::Events, for the client's handshake in mode gateway
  void on_verified(Handshaking::Verified verified) override { reach_service(std::move(verified)); }
  void on_handshake_failed(const End& why) override { close(why); }

  // Tunnel::Host
  Milliseconds now() override;
  void set_alarm(Tunnel::Alarm alarm, Milliseconds delay) override;
  void drop_alarm(Tunnel::Alarm alarm) override { timer(alarm).reset(); }
  LoopCounters& counters() override { return counters_; }
  void on_facade_over() override { facade_.reset(); }
  void on_tunnel_ended(const End& why) override { close(why); }
  net::HandlePtr<net::Timer>& timer(Tunnel::Alarm alarm) {
    return alarm == Tunnel::Alarm::quiet ? quiet_timer_ : hangup_timer_;
  }

  void on_handles_closed() override { worker_.release(*this); }

  Worker& worker_;
  std::shared_ptr<Service> service_;
  std::shared_ptr<const Generation> generation_;  // the current one when it was accepted
  LoopCounters& counters_;                        // the service's, of this loop
  const Places::Number place_;
  std::optional<HeaderReading::Place> relayed_;  // the client, if a load balancer has named it
  ConnectionLog log_;
  std::unique_ptr<dialect::Facade> facade_;  // until the first exchange is over; null without `protocol`
  std::unique_ptr<Telling> telling_;         // after close(): it has the client's leg
  Stage stage_;
  bool closed_ = false;
  net::HandlePtr<net::Stream> plain_;  // the plaintext leg: accepted by persona, dialled by a gateway
  net::HandlePtr<net::Stream> tls_;    // the TLS leg: dialled by persona, accepted by a gateway
  net::HandlePtr<net::Timer> quiet_timer_;
  net::HandlePtr<net::Timer> hangup_timer_;
};

}  // namespace persona::forward
