// Tickets for mbedTLS: offering one as a client, accepting one as a server.
//
// mbedTLS 3.6 has no public way to build an mbedtls_ssl_session from a ticket that it has not received
// itself, or to read the resumption master secret. So resumption.cpp uses the private fields that
// mbedtls_ssl_session_load() and ssl_tls13_postprocess_new_session_ticket() use.
#pragma once

#include <optional>
#include <string>

#include <mbedtls/ssl.h>

#include "persona/tls/context.hpp"
#include "persona/tls/tickets.hpp"
#include "ssl.hpp"

namespace persona::tls {

/// To be called before the ClientHello. `sni`: the name that this handshake sends, the same as when the
/// ticket was issued; empty: none. False: the ticket cannot be offered (its suite may no longer be enabled),
/// and a full handshake follows.
bool offer_ticket(Ssl& ssl, const Ticket& ticket, const std::string& sni);

/// The parse callback for mbedtls_ssl_conf_session_tickets_cb; `context` is the Context. Opens a ticket of
/// ours and accepts it if its client would be let in now. Only within run_handshake().
int accept_ticket(void* context, mbedtls_ssl_session* session, unsigned char* ticket, std::size_t size);

/// The write callback. TLS 1.2 alone: nothing for a client that was refused, or that has no extended master
/// secret (RFC 7627 section 5.4 has its session not resumed).
int write_ticket(void* context, const mbedtls_ssl_session* session, unsigned char* start,
                 const unsigned char* end, std::size_t* size, std::uint32_t* lifetime);

/// mbedtls_ssl_handshake(), with the tickets that accept_ticket() accepts recorded in `ssl`. Those of a first
/// ClientHello are dropped after a HelloRetryRequest: it may have been replayed by someone else. Fails with
/// MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, after an alert, if a server resumes a TLS 1.2 session without the
/// extended master secret that it had (RFC 7627 section 5.3).
int run_handshake(Ssl& ssl);

/// Client, after a TLS 1.2 handshake: what the next one may offer, without the fields that say who the peer
/// is. Nothing if the server keeps no session for us, or if the session has no extended master secret: RFC
/// 7627 section 5.4 has such a session not resumed.
std::optional<Ticket> tls12_ticket(const Ssl& ssl);

/// Server, after the handshake: the ticket that was used to resume, or null.
const TicketContent* resumed_ticket(const Ssl& ssl);

/// After a TLS 1.3 handshake; empty if there is none.
Secret resumption_master_secret(const Ssl& ssl, std::uint16_t cipher_suite);

}  // namespace persona::tls
