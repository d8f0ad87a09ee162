#include "resumption.hpp"

#include <algorithm>
#include <cstring>

#include <mbedtls/platform.h>
#include <mbedtls/x509_crt.h>

#include "constant_time.hpp"
#include "persona/tls/failure.hpp"
#include "wire.hpp"

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

bool is_tls12(const Ssl& ssl) {
  return mbedtls_ssl_get_version_number(&ssl.context) == MBEDTLS_SSL_VERSION_TLS1_2;
}

bool is_server(const Ssl& ssl) {
  return mbedtls_ssl_conf_get_endpoint(mbedtls_ssl_context_get_config(&ssl.context)) == MBEDTLS_SSL_IS_SERVER;
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
  if (is_server(ssl) && session != nullptr) {
    session->MBEDTLS_PRIVATE(resumption_key_len) = 0;
    ssl.offered_tickets.clear();
  }
}

constexpr std::uint16_t extended_master_secret_extension = 23;  // RFC 7627 section 5.1

bool has_extended_master_secret(WireReader extensions) {
  while (extensions.ok() && !extensions.at_end()) {
    const auto type = extensions.number(2);
    extensions.vector(2);
    if (type == extended_master_secret_extension) {
      return extensions.ok();
    }
  }
  return false;
}

/// Of the TLS 1.2 hello that mbedTLS is reading or has just read: it stays in in_msg until the next message
/// is read. The handshake's own flag is in no installed header.
bool peer_has_extended_master_secret(const Ssl& ssl) {
  WireReader hello({ssl.context.MBEDTLS_PRIVATE(in_msg), ssl.context.MBEDTLS_PRIVATE(in_hslen)});
  hello.take(4 + 2 + 32);  // handshake header, version, random
  hello.vector(1);         // session ID
  if (is_server(ssl)) {
    hello.vector(2);  // suites
    hello.vector(1);  // compression methods
  } else {
    hello.take(2 + 1);  // the suite and the compression method
  }
  return has_extended_master_secret(WireReader(hello.vector(2)));
}

/// Once mbedTLS has read the message that may be one.
void note_certificate_request(Ssl& ssl) {
  const ByteView message = ssl.last_message();
  if (!message.empty() && message[0] == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST) {
    ssl.certificate_request.emplace(message.begin(), message.end());
  }
}

/// Once mbedTLS has read the peer's hello of TLS 1.2.
int note_hello(Ssl& ssl) {
  ssl.extended_master_secret = peer_has_extended_master_secret(ssl);
  ssl.session_accepted =
      !is_server(ssl) && ssl.context.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
  if (!ssl.session_accepted || ssl.extended_master_secret) {
    return 0;
  }
  const int sent = mbedtls_ssl_send_alert_message(&ssl.context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                                  MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  return sent != 0 ? sent : MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
}

void set_master(mbedtls_ssl_session& session, std::uint16_t cipher_suite, ByteView master) {
  session.MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_2;
  session.MBEDTLS_PRIVATE(ciphersuite) = cipher_suite;
  std::copy_n(master.begin(), std::min(master.size(), sizeof session.MBEDTLS_PRIVATE(master)),
              session.MBEDTLS_PRIVATE(master));
}

/// The fields by which mbedTLS offers a session of TLS 1.2 (ssl_client.c, ssl_prepare_client_hello). False:
/// out of memory.
bool set_tls12_session(mbedtls_ssl_session& session, const Ticket& ticket) {
  set_master(session, ticket.cipher_suite, ticket.psk.view());
  session.MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
  if (ticket.is_session_id) {
    std::copy(ticket.identity.begin(), ticket.identity.end(), session.MBEDTLS_PRIVATE(id));
    session.MBEDTLS_PRIVATE(id_len) = ticket.identity.size();
    return true;
  }
  session.MBEDTLS_PRIVATE(ticket) = copy_for_mbedtls(ticket.identity);
  session.MBEDTLS_PRIVATE(ticket_len) = ticket.identity.size();
  return session.MBEDTLS_PRIVATE(ticket) != nullptr;
}

/// Would the client of this ticket be let in now? Everything is checked again except the signatures of its
/// chain: trust has not changed since they were checked, or the ticket could not have been opened.
/// Notes whose certificate it has.
bool still_welcome(TicketContent& content, const Context& context) {
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
  auto verdict = trust::verify_leaf_again(content.client_certificate, context.verify_policy(std::nullopt));
  content.peer_ids = std::move(verdict.peer_ids);
  return verdict.accepted();
}

}  // namespace

bool offer_ticket(Ssl& ssl, const Ticket& ticket, const std::string& sni) {
  SessionData owner;
  mbedtls_ssl_session& session = *owner.get();
  if (ticket.version == TlsVersion::tls12) {
    return set_tls12_session(session, ticket) && mbedtls_ssl_set_session(&ssl.context, &session) == 0;
  }
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
    const bool tls12 = is_tls12(*current);
    // RFC 7627 section 5.3: a session with an extended master secret is not resumed without one.
    if (tls12 != (content->version == TlsVersion::tls12) ||
        (tls12 && !peer_has_extended_master_secret(*current))) {
      return MBEDTLS_ERR_SSL_INVALID_MAC;
    }
    if (!still_welcome(*content, ours)) {
      return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;  // the client is verified in a full handshake instead
    }
    session->MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_SERVER;
    if (tls12) {
      set_master(*session, content->cipher_suite, content->psk.view());
      session->MBEDTLS_PRIVATE(verify_result) = 0;  // or it would stay "not available"
    } else {
      set_psk(*session, content->cipher_suite, content->age_add, content->psk.view());
      session->MBEDTLS_PRIVATE(ticket_creation_time) = content->created;
    }
    current->offered_tickets.push_back(std::move(*content));
    return 0;
  } catch (...) {  // out of memory: a full handshake may still work
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
}

int write_ticket(void* context, const mbedtls_ssl_session* session, unsigned char* start,
                 const unsigned char* end, std::size_t* size, std::uint32_t* lifetime) {
  const auto& ours = *static_cast<const Context*>(context);
  if (current == nullptr || !is_tls12(*current) || !current->extended_master_secret) {
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
  }
  const auto& verdict = current->verifier.verdict();
  const bool verified = current->verifier.passed() && session->MBEDTLS_PRIVATE(verify_result) == 0;
  if (verdict ? !verified : ours.options().peer_certificate == PeerCertificate::required) {
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;  // this handshake will fail
  }
  try {
    TicketContent content;
    content.cipher_suite = static_cast<std::uint16_t>(session->MBEDTLS_PRIVATE(ciphersuite));
    content.psk = Secret(ByteView(session->MBEDTLS_PRIVATE(master), sizeof session->MBEDTLS_PRIVATE(master)));
    content.authenticated_at = ours.options().clock();
    content.valid_until = verdict ? verdict->valid_until : x509::TimePoint::max();
    content.peer = verdict ? verdict->peer_name : "";
    content.peer_path = verdict ? verdict->path : nullptr;
    if (const mbedtls_x509_crt* leaf = session->MBEDTLS_PRIVATE(peer_cert)) {
      content.client_certificate.assign(leaf->raw.p, leaf->raw.p + leaf->raw.len);
    }
    const auto made = ours.ticket_issuer()->issue_tls12(std::move(content));
    if (!made || made->ticket.size() > static_cast<std::size_t>(end - start)) {
      return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
    }
    std::copy(made->ticket.begin(), made->ticket.end(), start);
    *size = made->ticket.size();
    *lifetime = static_cast<std::uint32_t>(made->lifetime.count());
    return 0;
  } catch (...) {  // out of memory: the session works without a ticket
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
}

int run_handshake(Ssl& ssl) {
  const Current scope(ssl);
  int code = 0;
  while (code == 0 && mbedtls_ssl_is_handshake_over(&ssl.context) == 0) {
    const int before = ssl.context.MBEDTLS_PRIVATE(state);
    if (before == MBEDTLS_SSL_CLIENT_HELLO) {
      forget_earlier_hello(ssl);
    }
    ssl.sent_alert = false;
    code = mbedtls_ssl_handshake_step(&ssl.context);
    if (code == 0 && before == MBEDTLS_SSL_CERTIFICATE_REQUEST && ssl.keeps_certificate_request) {
      note_certificate_request(ssl);
    }
    const int reads_hello = is_server(ssl) ? MBEDTLS_SSL_CLIENT_HELLO : MBEDTLS_SSL_SERVER_HELLO;
    if (code == 0 && before == reads_hello && ssl.context.MBEDTLS_PRIVATE(state) != before && is_tls12(ssl)) {
      code = note_hello(ssl);
    }
  }
  return code;
}

std::optional<Ticket> tls12_ticket(const Ssl& ssl) {
  const mbedtls_ssl_session* session = ssl.context.MBEDTLS_PRIVATE(session);
  if (session == nullptr || !ssl.extended_master_secret) {
    return std::nullopt;
  }
  Ticket ticket;
  ticket.version = TlsVersion::tls12;
  const std::size_t size = session->MBEDTLS_PRIVATE(ticket_len);
  const auto* bytes = session->MBEDTLS_PRIVATE(ticket);
  ticket.is_session_id = size == 0;
  if (ticket.is_session_id) {
    const auto* id = session->MBEDTLS_PRIVATE(id);
    ticket.identity.assign(id, id + session->MBEDTLS_PRIVATE(id_len));
  } else if (size <= largest_ticket) {
    ticket.identity.assign(bytes, bytes + size);
  }
  if (ticket.identity.empty()) {
    return std::nullopt;
  }
  ticket.psk = Secret(ByteView(session->MBEDTLS_PRIVATE(master), sizeof session->MBEDTLS_PRIVATE(master)));
  ticket.cipher_suite = static_cast<std::uint16_t>(session->MBEDTLS_PRIVATE(ciphersuite));
  ticket.lifetime = std::chrono::seconds(session->MBEDTLS_PRIVATE(ticket_lifetime));
  return ticket;
}

// In TLS 1.3 mbedTLS copies the PSK of the ticket whose binder it has verified into the session
// (ssl_tls13_session_copy_ticket), in TLS 1.2 the session's master secret is that of the ticket. Without a
// resumption the session has no PSK, or a master secret of its own.
const TicketContent* resumed_ticket(const Ssl& ssl) {
  const mbedtls_ssl_session* session = ssl.context.MBEDTLS_PRIVATE(session);
  if (session == nullptr) {
    return nullptr;
  }
  const ByteView used =
      is_tls12(ssl)
          ? ByteView(session->MBEDTLS_PRIVATE(master), sizeof session->MBEDTLS_PRIVATE(master))
          : ByteView(session->MBEDTLS_PRIVATE(resumption_key), session->MBEDTLS_PRIVATE(resumption_key_len));
  for (const TicketContent& content : ssl.offered_tickets) {
    const ByteView psk = content.psk.view();
    if (!psk.empty() && psk.size() == used.size() &&
        equal_in_constant_time(psk.data(), used.data(), used.size())) {
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
