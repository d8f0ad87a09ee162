#include "accept.hpp"

#include <utility>

#include "connection_log.hpp"

namespace persona::forward {

namespace {

void refuse(Service& service, Accepted accepted, const End& why, Milliseconds now) {
  ConnectionLog::refused(service, accepted.client.to_string(), why, now);
  accepted.socket.reset();
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
  const std::size_t limit = generation->config().limits.connections;
  if (!service->enter(limit)) {
    const std::string error = fmt::format("limits.connections of {} reached", limit);
    refuse(*service, std::move(accepted), {Reason::limit_reached, error}, now);
    return;
  }
  worker.adopt(service, std::move(generation), std::move(accepted));
}

}  // namespace persona::forward
