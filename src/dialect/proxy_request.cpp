#include "persona/dialect/proxy_request.hpp"

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/dialect/recognise.hpp"
#include "proxy_requests.hpp"

namespace persona::dialect {

std::unique_ptr<Dialogue> ask_proxy(const Proxy& proxy, std::string_view password, const Endpoint& target) {
  Endpoint whom = target;
  whom.host = without_final_dot(whom.host);
  return proxy.protocol == Proxy::Protocol::http ? http_connect(proxy.user, password, whom)
                                                 : socks5_connect(proxy.user, password, whom);
}

Dialogue::State ProxyRequest::received(ByteView bytes, Buffer& to_server) {
  if (state() != State::wants_server || bytes.empty()) {
    return state();
  }
  silent_ = false;
  answer_.append(bytes);
  return look(to_server);
}

void ProxyRequest::ended() {
  if (state() == State::wants_server) {
    fail(silent_ ? "ended the connection without a word: is it the kind of proxy that gateway.via says, and "
                   "does it let this machine in?"
                 : fmt::format("ended the connection before it had answered whether there is a way to {}",
                               target_));
  }
}

Dialogue::State ProxyRequest::fail_as_another(Proxy::Protocol expected) {
  constexpr std::size_t longest_beginning = 40;
  const ByteView bytes = answer_.view();
  const auto server = recognise(bytes);
  const std::string_view kind = in_words(expected);
  if (expected == Proxy::Protocol::http && !bytes.empty() && bytes[0] == socks_version) {
    return fail("answers as a SOCKS5 proxy does, and not as an HTTP proxy: write socks5:// in gateway.via");
  }
  if (server == tls_server) {
    return fail("speaks TLS: gateway.via is asked without it, so write a port of the proxy that has none");
  }
  if (server) {
    return fail(fmt::format("is {} and not {}: look at gateway.via", *server, kind));
  }
  return fail(fmt::format("does not answer as {} does, but with {}: look at gateway.via", kind,
                          in_quotes(as_text(bytes).substr(0, longest_beginning))));
}

}  // namespace persona::dialect
