#include "accept.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "connection_log.hpp"
#include "persona/net/listener.hpp"

namespace persona::forward {

namespace {

void refuse(Service& service, Accepted accepted, const End& why, Milliseconds now) {
  ConnectionLog::refused(service, accepted.client.to_string(), why, now);
  service.counters().of_loop(Counters::main_loop).connection_ended(why.reason);
  accepted.socket.reset();
}

Places::Newcomer newcomer(const Service& service, const net::SocketAddress& client, Worker& worker) {
  const auto address = client.ip();
  return {address ? std::optional(source_of(*address)) : std::nullopt,
          service.mode() == config::Mode::gateway, &worker};
}

Places::Limits limits_for(const config::Limits& limits, const net::SocketAddress& client) {
  const auto address = client.ip();
  return {limits.connections, effective_handshakes(limits),
          effective_per_source(limits, address && address->is_loopback())};
}

std::string not_in(const net::SocketAddress& client, std::string_view key) {
  const auto address = client.ip();
  return fmt::format("client address {} is not in {}", address ? address->to_string() : client.to_string(),
                     key);
}

// Of a load balancer's connection: as a stranger without a source, until it has told whom it relays.
Places::Answer enter_relayed(Service& service, const config::Limits& limits, Worker& worker) {
  return service.places().enter({std::nullopt, true, &worker},
                                {std::numeric_limits<std::size_t>::max(), effective_handshakes(limits),
                                 std::numeric_limits<std::size_t>::max()});
}

bool is_in(const std::vector<Cidr>& blocks, const net::SocketAddress& client) {
  const auto address = client.ip();
  return address && std::any_of(blocks.begin(), blocks.end(),
                                [&](const Cidr& block) { return block.contains(*address); });
}

void drop(const std::vector<Places::Dropped>& strangers) {
  for (const Places::Dropped& stranger : strangers) {
    stranger.worker->drop_stranger(stranger.number, {Reason::limit_reached, stranger.why});
  }
}

}  // namespace

void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted,
            const std::vector<Cidr>* relays, Milliseconds now) {
  auto generation = service->current();
  accepted.relayed = relays != nullptr;
  if (accepted.relayed ? !is_in(*relays, accepted.client) : !generation->admits(accepted.client)) {
    const std::string error = accepted.relayed ? not_in(accepted.client,
                                                        "listen.proxy_protocol.from: only those may connect "
                                                        "here, who tell by a PROXY header whom they relay")
                                               : not_in(accepted.client, "access.allow");
    refuse(*service, std::move(accepted), {Reason::access_denied, error}, now);
    return;
  }
  if (accepted.kind == net::Stream::Kind::unix_socket) {
    if (const auto refusal = generation->users().refusal(accepted.socket)) {
      refuse(*service, std::move(accepted), {Reason::access_denied, *refusal}, now);
      return;
    }
  }
  const config::Limits& limits = generation->config().limits;
  auto answer = accepted.relayed ? enter_relayed(*service, limits, worker)
                                 : service->places().enter(newcomer(*service, accepted.client, worker),
                                                           limits_for(limits, accepted.client));
  drop(answer.dropped);
  if (!answer.number) {
    const bool told = generation->config().protocol && service->mode() == config::Mode::persona;
    answer.number = told ? service->places().enter_refused() : std::nullopt;
    if (!answer.number) {
      refuse(*service, std::move(accepted), {Reason::limit_reached, answer.refusal}, now);
      return;
    }
    accepted.refusal = std::move(answer.refusal);
  }
  accepted.place = *answer.number;
  worker.adopt(service, std::move(generation), std::move(accepted));
}

std::optional<End> admit_relayed(Service& service, const Generation& generation,
                                 const net::SocketAddress& client, Places::Number place, Worker& worker) {
  if (!generation.admits(client)) {
    return End(Reason::access_denied, not_in(client, "access.allow"));
  }
  const auto answer = service.places().identified(place, newcomer(service, client, worker),
                                                  limits_for(generation.config().limits, client));
  drop(answer.dropped);
  return answer.number ? std::nullopt : std::optional(End(Reason::limit_reached, answer.refusal));
}

void make_room(Service& service) {
  drop(service.places().make_room(net::Listener::accepts_per_wake));
}

}  // namespace persona::forward
