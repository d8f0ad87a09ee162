// The mbedTLS side of a handshake and of a TLS 1.2 session: its context, with buffers for input and output.
// tests/layering.cmake lists the files that use private fields of mbedTLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mbedtls/ssl.h>

#include "persona/base/buffer.hpp"
#include "persona/tls/key_schedule.hpp"
#include "persona/tls/tickets.hpp"
#include "persona/trust/verify.hpp"
#include "record_watch.hpp"

namespace persona::tls {

struct Ssl {
  explicit Ssl(trust::PeerVerifier peer_verifier);
  ~Ssl();
  Ssl(const Ssl&) = delete;
  Ssl& operator=(const Ssl&) = delete;

  /// The description of the alert that made mbedTLS return MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE. mbedTLS has
  /// no function for it, but leaves the two bytes of the alert in in_msg (ssl_msg.c,
  /// mbedtls_ssl_handle_message_type).
  std::uint8_t received_alert() const;

  /// A fatal alert in the clear where mbedTLS expected a protected record. A TLS 1.3 client that refuses the
  /// server's certificate may send one; mbedTLS 3.6 reports a wrong MAC for it and leaves the record in
  /// in_hdr.
  std::optional<std::uint8_t> unprotected_alert() const;

  /// The handshake message that was read last, with its header: it stays where it was received until the next
  /// one is read (ssl_msg.c, ssl_consume_current_message). Empty if there is none.
  ByteView last_message() const;

  /// The peer's own certificate, in the Certificate message that mbedTLS could not read: it is still where it
  /// was received (ssl_tls12_client.c, ssl_tls12_server.c, ssl_tls13_generic.c). Empty if there is none. For
  /// sentences only.
  ByteView unreadable_leaf() const;

  /// Did mbedTLS return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE because the peer accepts no signature that our key
  /// can make? In these states it returns the code for no other reason: a client's when it reads the
  /// CertificateRequest, and a client's and a TLS 1.3 server's when it signs (ssl_tls12_client.c with
  /// cmake/mbedtls-tls12-rsa-pss.patch, ssl_tls13_generic.c, ssl_tls13_server.c).
  bool lacks_signature_algorithm() const;

  /// Server: did it return that code because a TLS 1.3 client offers no group of ours? It looks for one when
  /// it writes a HelloRetryRequest, and for nothing else then (ssl_tls13_server.c).
  bool lacks_group() const;

  /// Did a handshake of TLS 1.3 end when the shared secret was derived from the peer's share? That is done
  /// where ServerHello is written or read, and PSA's refusals are then errors of mbedTLS's for bad input.
  bool deriving_secret() const;

  /// The suite of the current handshake; 0 before one is chosen. mbedTLS's function for it works only once
  /// the handshake is finished.
  int negotiated_suite() const;

  /// For mbedtls_ssl_set_verify: calls the PeerVerifier. A server's handshake continues after a refusal, but
  /// not with a key that must not be used: then mbedTLS fails, and its alert is discarded (see `muted`).
  static int verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

  /// Did the peer send records that mbedTLS would ignore, where or as often as none may be sent? Then
  /// receiving fails with MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE.
  bool sends_nothing_useful() const;

  static int receive(void* self, unsigned char* buffer, std::size_t count);
  static int send(void* self, const unsigned char* bytes, std::size_t count);

  mbedtls_ssl_context context;
  trust::PeerVerifier verifier;
  ByteView input;            // of the current call
  RecordWatch received;      // all that was taken of `input`
  Buffer* output = nullptr;  // of the current call
  bool sent_alert = false;   // was that the last record of the current step of the handshake?
  bool muted = false;  // discard what mbedTLS sends: the peer could not read its alert. Handshake writes ours

  // Client: the server's CertificateRequest with its header, kept if it is asked for.
  bool keeps_certificate_request = false;
  std::optional<Bytes> certificate_request;

  // TLS 1.3: collected for the handover.
  Secret client_traffic_secret;
  Secret server_traffic_secret;

  // TLS 1.2, once the peer's hello was read.
  bool extended_master_secret = false;  // it has the extension of RFC 7627
  bool session_accepted = false;        // client: the server resumes the session that we offered

  // Server: the tickets that the client offered and accept_ticket() accepted.
  std::vector<TicketContent> offered_tickets;
};

}  // namespace persona::tls
