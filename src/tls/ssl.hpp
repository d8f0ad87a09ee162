// The mbedTLS side of a handshake, and of a TLS 1.2 session: its context, and input and output that touch
// only buffers. tests/layering.cmake has the list of the files
// that reach into private fields of mbedTLS.
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

namespace persona::tls {

struct Ssl {
  explicit Ssl(trust::PeerVerifier peer_verifier);
  ~Ssl();
  Ssl(const Ssl&) = delete;
  Ssl& operator=(const Ssl&) = delete;

  /// The description of the alert that made mbedTLS return MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE. mbedTLS has
  /// no public way to ask; it leaves the two bytes of the alert in in_msg (ssl_msg.c,
  /// mbedtls_ssl_handle_message_type).
  std::uint8_t received_alert() const;

  /// An alert in the clear where mbedTLS expected a protected record: a TLS 1.3 client that refuses the
  /// server's certificate may send it so, and mbedTLS 3.6 reports a wrong MAC for it. The record is still in
  /// in_hdr then.
  std::optional<std::uint8_t> unprotected_alert() const;

  /// Client: did mbedTLS return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE for want of a signature algorithm, among
  /// those of a TLS 1.2 CertificateRequest, for our key? That is all it returns this code for in these states
  /// (ssl_tls12_client.c as cmake/mbedtls-tls12-rsa-pss.patch has it: at the list, and when it is to sign).
  bool lacks_signature_algorithm() const;

  /// The suite of the handshake under way; 0 before there is one. mbedTLS tells it of a finished handshake
  /// only.
  int negotiated_suite() const;

  /// For mbedtls_ssl_set_verify: the PeerVerifier's verdict. A server's handshake goes on after a refusal,
  /// but not with a key that must not be used; mbedTLS then fails, and what it would send is swallowed: see
  /// `muted`.
  static int verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

  static int receive(void* self, unsigned char* buffer, std::size_t count);
  static int send(void* self, const unsigned char* bytes, std::size_t count);

  mbedtls_ssl_context context;
  trust::PeerVerifier verifier;
  ByteView input;            // of the call under way
  Buffer* output = nullptr;  // of the call under way
  bool muted = false;  // mbedTLS's alert would be one that the peer cannot read: Handshake writes another

  // TLS 1.3: collected for the handover.
  Secret client_traffic_secret;
  Secret server_traffic_secret;

  // Server, TLS 1.3: the tickets that were offered and opened.
  std::vector<TicketContent> offered_tickets;
};

}  // namespace persona::tls
