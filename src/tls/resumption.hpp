// Tickets in mbedTLS's terms: offering one as a client, accepting one as a server.
//
// mbedTLS 3.6 has no public way to build an mbedtls_ssl_session from a ticket that it has not received
// itself, nor to read the resumption master secret: resumption.cpp uses the private fields that
// mbedtls_ssl_session_load() and ssl_tls13_postprocess_new_session_ticket() set.
#pragma once

#include <string>

#include <mbedtls/ssl.h>

#include "persona/tls/context.hpp"
#include "persona/tls/tickets.hpp"
#include "ssl.hpp"

namespace persona::tls {

/// Before the ClientHello. `sni`: as in this handshake, which is that of the ticket's; empty: none. False: it
/// cannot be offered (its suite is not wanted any more), which does no harm.
bool offer_ticket(Ssl& ssl, const Ticket& ticket, const std::string& sni);

/// For mbedtls_ssl_conf_session_tickets_cb, with the Context as its context: opens a ticket of ours, and
/// accepts it when its client would pass today. Only within run_handshake().
int accept_ticket(void* context, mbedtls_ssl_session* session, unsigned char* ticket, std::size_t size);

/// mbedtls_ssl_handshake(), with what accept_ticket() accepts noted in `ssl`, and only for the ClientHello
/// that counts: after a HelloRetryRequest that is the second one, and the first may have been another's.
int run_handshake(Ssl& ssl);

/// Server, after the handshake: the ticket that was resumed from, or null.
const TicketContent* resumed_ticket(const Ssl& ssl);

/// After a TLS 1.3 handshake; empty when there is none.
Secret resumption_master_secret(const Ssl& ssl, std::uint16_t cipher_suite);

}  // namespace persona::tls
