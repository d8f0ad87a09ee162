#include "handover.hpp"

#include <utility>

#include "open_session.hpp"
#include "persona/tls/tickets.hpp"

namespace persona::tls {

namespace {

// As many as OpenSSL sends, so that a client can resume two connections at the same time.
constexpr int tickets_after_full_handshake = 2;
constexpr int tickets_after_resumption = 1;

std::unique_ptr<TicketBank> make_bank(Handover& handover, const Context& context, const std::string& target) {
  TicketStore* store = context.ticket_store();
  if (store == nullptr || target.empty() || handover.resumption_master_secret.empty()) {
    return nullptr;
  }
  TicketBank::Parts parts;
  parts.store = store;
  parts.target = target;
  parts.cipher_suite = handover.cipher_suite;
  parts.resumption_master_secret = std::move(handover.resumption_master_secret);
  parts.peer = handover.info.peer;
  parts.peer_ids = handover.info.peer_ids;
  parts.peer_path = handover.info.peer_path;
  parts.valid_until = handover.peer_valid_until;
  parts.authenticated_at = handover.authenticated_at;
  return std::make_unique<TicketBank>(std::move(parts));
}

/// A session works without tickets, so failing to make one is not an error.
void send_tickets(OpenSession& session, Handover& handover, const Context& context, Buffer& output) {
  TicketIssuer* issuer = context.ticket_issuer();
  if (issuer == nullptr || handover.resumption_master_secret.empty()) {
    return;
  }
  const int count = handover.info.resumed ? tickets_after_resumption : tickets_after_full_handshake;
  for (int i = 0; i < count; ++i) {
    TicketContent content;
    content.cipher_suite = handover.cipher_suite;
    content.valid_until = handover.peer_valid_until;
    content.authenticated_at = handover.authenticated_at;
    content.peer = handover.info.peer;
    content.client_certificate = handover.client_certificate;
    content.peer_path = handover.info.peer_path;
    const auto message = issuer->issue(std::move(content), handover.resumption_master_secret.view());
    if (!message || !session.send_ticket(*message, output)) {
      return;
    }
  }
}

}  // namespace

std::unique_ptr<Session> open_session(Handover handover, std::shared_ptr<const Context> context,
                                      const std::string& target, Buffer& output) {
  const bool client = context->options().role == Role::client;
  auto& sent_under = client ? handover.client_traffic_secret : handover.server_traffic_secret;
  auto& received_under = client ? handover.server_traffic_secret : handover.client_traffic_secret;
  auto sending = RecordProtection::create(handover.cipher_suite, std::move(sent_under));
  auto receiving = RecordProtection::create(handover.cipher_suite, std::move(received_under));
  if (!sending || !receiving) {
    return nullptr;
  }
  const Context& shared = *context;
  auto bank = client ? make_bank(handover, shared, target) : nullptr;
  auto session =
      std::make_unique<OpenSession>(OpenSession::Parts{std::move(context), handover.info, std::move(*sending),
                                                       std::move(*receiving), std::move(bank), KeyLimits()});
  if (!client) {
    send_tickets(*session, handover, shared, output);
  }
  return session;
}

}  // namespace persona::tls
