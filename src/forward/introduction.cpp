#include "introduction.hpp"

namespace persona::forward {

namespace {

std::optional<dialect::ProxyHeader::Place> place_of(const net::SocketAddress& address) {
  const auto ip = address.ip();
  return ip ? std::optional(dialect::ProxyHeader::Place{*ip, address.port()}) : std::nullopt;
}

}  // namespace

void append_introduction(const net::Stream& client, const std::optional<dialect::ProxyHeader::Place>& relayed,
                         const tls::SessionInfo& session, Buffer& output) {
  dialect::ProxyHeader header;
  header.source = relayed ? relayed : place_of(client.peer());
  header.destination = place_of(client.local());
  header.alpn = session.alpn;
  header.tls =
      dialect::ProxyHeader::Tls{std::string(to_string(session.version)), std::string(session.cipher_suite),
                                session.peer_ids.common_name, !session.peer.empty(), session.resumed};
  append_proxy_header(header, output);
}

}  // namespace persona::forward
