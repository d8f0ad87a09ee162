#include "resumption.hpp"

#include <algorithm>
#include <cstring>

#include <mbedtls/platform.h>
#include <mbedtls/x509_crt.h>

#include "constant_time.hpp"
#include "persona/tls/failure.hpp"

namespace persona::tls {

namespace {

/// The handshake that this thread is running: mbedTLS passes accept_ticket() only the configuration, which
/// all handshakes share.
thread_local Ssl* current = nullptr;

class Current {
 public:
  explicit Current(Ssl& ssl) { current = &ssl; }
  ~Current() { current = nullptr; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
};

/// RFC 8446 section 4.2.9: only PSK with (EC)DHE, so that resumed sessions have forward secrecy too.
constexpr std::uint8_t psk_with_dhe = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;

class SessionData {
 public:
  SessionData() { mbedtls_ssl_session_init(&session_); }
  ~SessionData() { mbedtls_ssl_session_free(&session_); }
  SessionData(const SessionData&) = delete;
  SessionData& operator=(const SessionData&) = delete;
  mbedtls_ssl_session* get() { return &session_; }

 private:
  mbedtls_ssl_session session_;
};

void set_psk(mbedtls_ssl_session& session, std::uint16_t cipher_suite, std::uint32_t age_add, ByteView psk) {
  session.MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_3;
  session.MBEDTLS_PRIVATE(ciphersuite) = cipher_suite;
  session.MBEDTLS_PRIVATE(ticket_age_add) = age_add;
  session.MBEDTLS_PRIVATE(ticket_flags) = psk_with_dhe;
  session.MBEDTLS_PRIVATE(resumption_key_len) = static_cast<std::uint8_t>(psk.size());
  std::copy(psk.begin(), psk.end(), session.MBEDTLS_PRIVATE(resumption_key));
}

/// A NUL-terminated copy from mbedTLS's allocator; null if memory runs out.
unsigned char* copy_for_mbedtls(ByteView bytes) {
  auto* copy = static_cast<unsigned char*>(mbedtls_calloc(1, bytes.size() + 1));
  if (copy != nullptr) {
    std::copy(bytes.begin(), bytes.end(), copy);
  }
  return copy;
}

/// When mbedTLS answers a ClientHello with HelloRetryRequest, the PSK of its ticket stays in the session. If
/// the second ClientHello inherited it, anyone who replays a first ClientHello would be taken for its sender.
void forget_earlier_hello(Ssl& ssl) {
  mbedtls_ssl_session* session = ssl.context.MBEDTLS_PRIVATE(session_negotiate);
  const bool server =
      mbedtls_ssl_context_get_config(&ssl.context)->MBEDTLS_PRIVATE(endpoint) == MBEDTLS_SSL_IS_SERVER;
  if (server && session != nullptr) {
    session->MBEDTLS_PRIVATE(resumption_key_len) = 0;
    ssl.offered_tickets.clear();
  }
}

/// Would the client of this ticket be let in now? Everything is checked again except the signatures of its
/// chain: trust has not changed since they were checked, or the ticket could not have been opened.
bool still_welcome(const TicketContent& content, const Context& context) {
  const PeerCertificate policy = context.options().peer_certificate;
  if (content.client_certificate.empty()) {
    return policy != PeerCertificate::required;
  }
  if (policy == PeerCertificate::none) {
    return true;
  }
  if (x509::now() >= content.valid_until) {
    return false;
  }
  return trust::verify_leaf_again(content.client_certificate, context.verify_policy(std::nullopt)).accepted();
}

}  // namespace

bool offer_ticket(Ssl& ssl, const Ticket& ticket, const std::string& sni) {
  SessionData owner;
  mbedtls_ssl_session& session = *owner.get();
  set_psk(session, ticket.cipher_suite, ticket.age_add, ticket.psk.view());
  session.MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
  session.MBEDTLS_PRIVATE(ticket_reception_time) = ticket.received;
  session.MBEDTLS_PRIVATE(ticket_lifetime) = static_cast<std::uint32_t>(ticket.lifetime.count());
  // Both copies are freed with the session. mbedTLS compares the name with that of the ClientHello
  // (ssl_client.c).
  auto* identity = copy_for_mbedtls(ticket.identity);
  session.MBEDTLS_PRIVATE(ticket) = identity;
  session.MBEDTLS_PRIVATE(ticket_len) = ticket.identity.size();
  auto* hostname = sni.empty() ? nullptr : copy_for_mbedtls(as_bytes(sni));
  session.MBEDTLS_PRIVATE(hostname) = reinterpret_cast<char*>(hostname);
  if (identity == nullptr || (hostname == nullptr && !sni.empty())) {
    return false;
  }
  return mbedtls_ssl_set_session(&ssl.context, &session) == 0;
}

int accept_ticket(void* context, mbedtls_ssl_session* session, unsigned char* ticket, std::size_t size) {
  const auto& ours = *static_cast<const Context*>(context);
  try {
    auto content = ours.ticket_issuer()->open({ticket, size});
    if (!content || current == nullptr) {
      return MBEDTLS_ERR_SSL_INVALID_MAC;
    }
    if (!still_welcome(*content, ours)) {
      return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;  // the client is verified in a full handshake instead
    }
    set_psk(*session, content->cipher_suite, content->age_add, content->psk.view());
    session->MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_SERVER;
    session->MBEDTLS_PRIVATE(ticket_creation_time) = content->created;
    current->offered_tickets.push_back(std::move(*content));
    return 0;
  } catch (...) {  // out of memory: a full handshake may still work
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
}

int run_handshake(Ssl& ssl) {
  const Current scope(ssl);
  int code = 0;
  while (code == 0 && mbedtls_ssl_is_handshake_over(&ssl.context) == 0) {
    if (ssl.context.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_CLIENT_HELLO) {
      forget_earlier_hello(ssl);
    }
    ssl.sent_alert = false;
    code = mbedtls_ssl_handshake_step(&ssl.context);
  }
  return code;
}

// mbedTLS copies the PSK of the ticket whose binder it has verified into the session
// (ssl_tls13_session_copy_ticket). Without a resumption the session has none.
const TicketContent* resumed_ticket(const Ssl& ssl) {
  const mbedtls_ssl_session* session = ssl.context.MBEDTLS_PRIVATE(session);
  if (session == nullptr || session->MBEDTLS_PRIVATE(resumption_key_len) == 0) {
    return nullptr;
  }
  const ByteView used(session->MBEDTLS_PRIVATE(resumption_key), session->MBEDTLS_PRIVATE(resumption_key_len));
  for (const TicketContent& content : ssl.offered_tickets) {
    const ByteView psk = content.psk.view();
    if (psk.size() == used.size() && equal_in_constant_time(psk.data(), used.data(), used.size())) {
      return &content;
    }
  }
  return nullptr;
}

Secret resumption_master_secret(const Ssl& ssl, std::uint16_t cipher_suite) {
  const mbedtls_ssl_session* session = ssl.context.MBEDTLS_PRIVATE(session);
  const auto hash = suite_hash(cipher_suite);
  if (session == nullptr || !hash) {
    return {};
  }
  return Secret(ByteView(session->MBEDTLS_PRIVATE(app_secrets).resumption_master_secret, hash_size(*hash)));
}

}  // namespace persona::tls
