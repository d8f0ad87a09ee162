#include "accept.hpp"

#include <utility>

#include "connection_log.hpp"
#include "persona/net/listener.hpp"

namespace persona::forward {

namespace {

void refuse(Service& service, Accepted accepted, const End& why, Milliseconds now) {
  ConnectionLog::refused(service, accepted.client.to_string(), why, now);
  accepted.socket.reset();
}

Places::Answer enter(Service& service, const config::Limits& limits, const net::SocketAddress& client,
                     Worker& worker) {
  const auto address = client.ip();
  const bool stranger = service.mode() == config::Mode::gateway;
  return service.places().enter(
      {address ? std::optional(source_of(*address)) : std::nullopt, stranger, &worker},
      {limits.connections, effective_handshakes(limits),
       effective_per_source(limits, address && address->is_loopback())});
}

void drop(const std::vector<Places::Dropped>& strangers) {
  for (const Places::Dropped& stranger : strangers) {
    stranger.worker->drop_stranger(stranger.number, {Reason::limit_reached, stranger.why});
  }
}

}  // namespace

void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted, Milliseconds now) {
  auto generation = service->current();
  if (!generation->admits(accepted.client)) {
    const auto address = accepted.client.ip();
    const std::string error = fmt::format("client address {} is not in access.allow",
                                          address ? address->to_string() : accepted.client.to_string());
    refuse(*service, std::move(accepted), {Reason::access_denied, error}, now);
    return;
  }
  if (accepted.kind == net::Stream::Kind::unix_socket) {
    if (const auto refusal = generation->users().refusal(accepted.socket)) {
      refuse(*service, std::move(accepted), {Reason::access_denied, *refusal}, now);
      return;
    }
  }
  auto answer = enter(*service, generation->config().limits, accepted.client, worker);
  drop(answer.dropped);
  if (!answer.number) {
    refuse(*service, std::move(accepted), {Reason::limit_reached, answer.refusal}, now);
    return;
  }
  accepted.place = *answer.number;
  worker.adopt(service, std::move(generation), std::move(accepted));
}

void make_room(Service& service) {
  drop(service.places().make_room(net::Listener::accepts_per_wake));
}

}  // namespace persona::forward
