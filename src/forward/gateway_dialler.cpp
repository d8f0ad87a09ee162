#include "persona/forward/gateway_dialler.hpp"

#include <utility>

namespace persona::forward {

GatewayDialler::GatewayDialler(const Handshaking::Place& place, net::Resolver& resolver,
                               const Generation& generation, const Options& options, Events& events)
    : place_(place),
      generation_(generation),
      options_(options),
      events_(events),
      dialler_(place.loop, resolver, place.owner, generation, options.dial, *this) {}

GatewayDialler::~GatewayDialler() {
  if (stream_) {
    stream_->reset_on_close();  // abandoned: the gateway is owed no clean end
  }
}

void GatewayDialler::on_connected(net::HandlePtr<net::Stream> stream) {
  stream_ = std::move(stream);
  tls::Handshake::Target whom{generation_.server_name(endpoint()), options_.resumes ? target() : "",
                              endpoint().host};
  handshaking_.emplace(place_, *stream_, generation_.tls(), std::move(whom), options_.handshake_timeout,
                       static_cast<Handshaking::Events&>(*this));
  handshaking_->start();
}

void GatewayDialler::on_verified(Handshaking::Verified verified) {
  dialler_.succeeded();
  handshaking_.reset();
  events_.on_gateway_verified(std::move(stream_), std::move(verified));
}

void GatewayDialler::on_handshake_failed(const End& why) {
  handshaking_.reset();
  stream_.reset();  // with FIN: RST could destroy an alert on its way
  dialler_.failed(why);
}

}  // namespace persona::forward
