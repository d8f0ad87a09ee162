#include "persona/forward/gateway_dialler.hpp"

#include <utility>

#include "first_mistakes.hpp"
#include "inquiry.hpp"
#include "persona/dialect/proxy_request.hpp"

namespace persona::forward {

namespace {

End mistaken_for(End why, std::string sentence) {
  why.reason = Reason::handshake_failed;  // also if the gateway reset the connection
  why.error = std::move(sentence);
  why.speaks_no_tls = true;
  return why;
}

}  // namespace

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
  address_ = stream_->peer();
  source_ = stream_->local();
  upgrade_ = nullptr;
  if (const auto& via = generation_.config().gateway.via) {
    ask_proxy(via->proxy);
  } else {
    reached({});
  }
}

// It answers once it has connected to the gateway itself, which is what timeouts.connect is for.
void GatewayDialler::ask_proxy(const Proxy& proxy) {
  Conversing::Terms terms{fmt::format("proxy {}", proxy.address.to_string()),
                          fmt::format("open a way to {}", endpoint().to_string()),
                          fmt::format("opened a way to {}", endpoint().to_string()),
                          "timeouts.connect",
                          ": is it the kind of proxy that gateway.via says?",
                          Reason::dial_timeout,
                          Reason::dial_failed,
                          Reason::dial_failed};
  conversing_.emplace(place_.loop, place_.owner, *stream_, place_.input.first(Handshaking::read_size),
                      dialect::ask_proxy(proxy, generation_.via_password(), endpoint()), std::move(terms),
                      options_.dial.timeout, static_cast<Conversing::Events&>(*this));
  events_.on_stage(Stage::asking_proxy);
  conversing_->start({});
}

// The stream ends at the gateway, which has sent `before`.
void GatewayDialler::reached(ByteView before) {
  if (const auto& protocol = generation_.config().gateway.negotiate) {
    ask_for_tls(*protocol, before);
  } else {
    shake_hands(before);
  }
}

void GatewayDialler::ask_for_tls(Protocol protocol, ByteView before) {
  Conversing::Terms terms{endpoint().to_string(),
                          "agree to TLS",
                          "agreed to TLS",
                          "timeouts.handshake",
                          ": is it the database that gateway.negotiate says?",
                          Reason::handshake_timeout,
                          Reason::handshake_failed,
                          Reason::gateway_reset};
  auto upgrade = dialect::Upgrade::create(protocol);
  upgrade_ = upgrade.get();
  conversing_.emplace(place_.loop, place_.owner, *stream_, place_.input.first(Handshaking::read_size),
                      std::move(upgrade), std::move(terms), options_.handshake_timeout,
                      static_cast<Conversing::Events&>(*this));
  events_.on_stage(Stage::upgrading);
  conversing_->start(before);
}

void GatewayDialler::on_agreed(Buffer rest) {
  if (std::exchange(upgrade_, nullptr) == nullptr) {
    reached(rest.view());
  } else {
    shake_hands(rest.view());
  }
}

void GatewayDialler::on_dialogue_failed(const End& why) {
  End end = why;
  end.on_the_way = upgrade_ == nullptr;
  useless(end);
}

void GatewayDialler::client_answered(ByteView onward) {
  if (greeted_ && upgrade_ != nullptr) {
    Buffer to_server;
    const auto state = upgrade_->client_answered(onward, to_server);
    conversing_->go_on(state, to_server.view());
  }
}

void GatewayDialler::without_client() {
  greeted_ = false;
  Buffer to_server;
  const auto state = upgrade_->without_client(to_server);
  conversing_->go_on(state, to_server.view());
}

void GatewayDialler::shake_hands(ByteView before) {
  events_.on_stage(Stage::handshaking);
  tls::Handshake::Target whom{generation_.server_name(endpoint()), options_.resumes ? target() : "",
                              endpoint().host, options_.notes_request};
  handshaking_.emplace(place_, *stream_, generation_.tls(), std::move(whom), options_.handshake_timeout,
                       static_cast<Handshaking::Events&>(*this));
  handshaking_->start(before);
}

void GatewayDialler::on_verified(Handshaking::Verified verified) {
  dialler_.succeeded();
  generation_.inquiries().verified(endpoint());
  handshaking_.reset();
  events_.on_gateway_verified(std::move(stream_), std::move(verified));
}

void GatewayDialler::on_client_wanted() {
  greeted_ = true;
  events_.on_greeting(upgrade_->greeting());
}

// conversing_ may be the caller: it is destroyed later.
void GatewayDialler::useless(const End& why) {
  handshaking_.reset();
  stream_.reset();  // with FIN: RST could destroy an alert on its way
  if (greeted_) {
    dialler_.give_up(why);
  } else {
    dialler_.failed(why);
  }
}

void GatewayDialler::on_handshake_failed(const End& why) {
  if (generation_.config().gateway.negotiate) {
    useless(why);  // it has said already what it is
    return;
  }
  const End named = first_mistake(why);
  unanswered_ = handshaking_->is_unanswered() && !generation_.config().gateway.via;
  useless(named);
}

// The same end, in the words for what the gateway is if that can be told.
End GatewayDialler::first_mistake(End why) const {
  const ByteView words = handshaking_->words();
  if (!words.empty()) {
    std::string sentence = mistaken_gateway(endpoint(), words).value_or(why.error);
    return mistaken_for(std::move(why), std::move(sentence));
  }
  if (handshaking_->is_unanswered()) {
    const std::string known = generation_.inquiries().answer(endpoint());
    if (!known.empty()) {
      return mistaken_for(std::move(why), known);
    }
  }
  if (handshaking_->is_silent()) {
    why.error += hint_for_silence(endpoint());
  }
  return why;
}

void GatewayDialler::on_next_address(const End& why) {
  unanswered_ = false;
  events_.on_next_address(why);
  source_ = {};
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): `why` outlives what it came from
void GatewayDialler::on_given_up(const End& why) {
  if (!unanswered_ || !address_.is_ip() || !generation_.inquiries().begin(endpoint())) {
    events_.on_given_up(why);
    return;
  }
  const auto answered = [this, end = why](Inquiry::Answer answer) {
    std::string sentence = mistaken_gateway(endpoint(), answer);
    generation_.inquiries().answered(endpoint(), sentence);
    const End named = sentence.empty() ? end : mistaken_for(end, std::move(sentence));
    inquiry_.reset();
    events_.on_given_up(named);
  };
  inquiry_ = std::make_unique<Inquiry>(place_.loop, place_.owner, place_.input, answered);
  inquiry_->start(address_, generation_.config().tcp, options_.handshake_timeout);
}

}  // namespace persona::forward
