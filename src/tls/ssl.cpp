#include "ssl.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "refusal_alert.hpp"

namespace persona::tls {

namespace {

// mbedTLS's key export callback. It cannot report a failure.
void collect_secret(void* self, mbedtls_ssl_key_export_type type, const unsigned char* secret,
                    std::size_t size, const unsigned char* /*client_random*/,
                    const unsigned char* /*server_random*/, mbedtls_tls_prf_types /*prf*/) {
  auto& ssl = *static_cast<Ssl*>(self);
  if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET) {
    ssl.client_traffic_secret = Secret(ByteView(secret, size));
  } else if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET) {
    ssl.server_traffic_secret = Secret(ByteView(secret, size));
  }
}

// Is the last of these records an alert? An encrypted one of TLS 1.3 does not say so, but it is the only one
// that mbedTLS pads to a single block and that ends what it sends in a step of the handshake (RFC 8446
// section 5.2).
bool ends_with_alert(ByteView records) {
  constexpr std::size_t header = 5;
  constexpr std::size_t tag = 16;
  constexpr std::size_t sealed_alert = MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY + tag;
  bool alert = false;
  while (records.size() >= header) {
    const std::size_t size = std::size_t{records[3]} << 8U | records[4];
    alert = records[0] == MBEDTLS_SSL_MSG_ALERT ||
            (records[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA && size == sealed_alert);
    records = records.subspan(std::min(header + size, records.size()));
  }
  return alert;
}

}  // namespace

Ssl::Ssl(trust::PeerVerifier peer_verifier) : verifier(std::move(peer_verifier)) {
  mbedtls_ssl_init(&context);
  mbedtls_ssl_set_verify(&context, &Ssl::verify, this);
  mbedtls_ssl_set_bio(&context, this, &Ssl::send, &Ssl::receive, nullptr);
  mbedtls_ssl_set_export_keys_cb(&context, &collect_secret, this);
}

Ssl::~Ssl() {
  mbedtls_ssl_free(&context);
}

std::uint8_t Ssl::received_alert() const {
  const unsigned char* message = context.MBEDTLS_PRIVATE(in_msg);
  return message != nullptr ? message[1] : 0;
}

std::optional<std::uint8_t> Ssl::unprotected_alert() const {
  const unsigned char* record = context.MBEDTLS_PRIVATE(in_hdr);
  const bool is_alert = record != nullptr && record[0] == MBEDTLS_SSL_MSG_ALERT && record[3] == 0 &&
                        record[4] == 2 && record[5] == MBEDTLS_SSL_ALERT_LEVEL_FATAL;
  return is_alert ? std::optional<std::uint8_t>(record[6]) : std::nullopt;
}

ByteView Ssl::last_message() const {
  const unsigned char* message = context.MBEDTLS_PRIVATE(in_msg);
  const unsigned char* buffer = context.MBEDTLS_PRIVATE(in_buf);
  if (message == nullptr || buffer == nullptr) {
    return {};
  }
#ifdef MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
  const std::size_t room = context.MBEDTLS_PRIVATE(in_buf_len) - static_cast<std::size_t>(message - buffer);
#else
  constexpr std::size_t room = MBEDTLS_SSL_IN_CONTENT_LEN;
#endif
  return {message, std::min(room, context.MBEDTLS_PRIVATE(in_hslen))};
}

ByteView Ssl::unreadable_leaf() const {
  ByteView rest = last_message();
  // Takes a number of so many octets; more than there can be if there are not as many.
  const auto number = [&rest](std::size_t octets) {
    std::size_t value = rest.size() < octets ? SIZE_MAX : 0;
    for (std::size_t at = 0; at < octets && value != SIZE_MAX; ++at) {
      value = value << 8U | rest[at];
    }
    rest = rest.subspan(std::min(octets, rest.size()));
    return value;
  };
  if (number(1) != MBEDTLS_SSL_HS_CERTIFICATE || number(3) > rest.size()) {
    return {};
  }
  if (mbedtls_ssl_get_version_number(&context) == MBEDTLS_SSL_VERSION_TLS1_3 && number(1) != 0) {
    return {};  // a certificate_request_context, which is empty in a handshake (RFC 8446 section 4.4.2)
  }
  if (number(3) > rest.size()) {
    return {};
  }
  const std::size_t size = number(3);
  return size <= rest.size() ? rest.first(size) : ByteView();
}

bool Ssl::lacks_signature_algorithm() const {
  const int state = context.MBEDTLS_PRIVATE(state);
  if (mbedtls_ssl_conf_get_endpoint(mbedtls_ssl_context_get_config(&context)) == MBEDTLS_SSL_IS_SERVER) {
    return mbedtls_ssl_get_version_number(&context) == MBEDTLS_SSL_VERSION_TLS1_3 &&
           (state == MBEDTLS_SSL_SERVER_CERTIFICATE || state == MBEDTLS_SSL_CERTIFICATE_VERIFY);
  }
  if (mbedtls_ssl_get_version_number(&context) == MBEDTLS_SSL_VERSION_TLS1_2) {
    return state == MBEDTLS_SSL_SERVER_HELLO_DONE || state == MBEDTLS_SSL_CERTIFICATE_VERIFY;
  }
  return state == MBEDTLS_SSL_CERTIFICATE_REQUEST || state == MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY;
}

bool Ssl::lacks_group() const {
  const int state = context.MBEDTLS_PRIVATE(state);
  return mbedtls_ssl_get_version_number(&context) == MBEDTLS_SSL_VERSION_TLS1_3 &&
         state == MBEDTLS_SSL_HELLO_RETRY_REQUEST;
}

bool Ssl::deriving_secret() const {
  return mbedtls_ssl_get_version_number(&context) == MBEDTLS_SSL_VERSION_TLS1_3 &&
         context.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_HELLO;
}

int Ssl::negotiated_suite() const {
  const mbedtls_ssl_session* session = context.MBEDTLS_PRIVATE(session_negotiate);
  return session != nullptr ? session->MBEDTLS_PRIVATE(ciphersuite) : 0;
}

int Ssl::verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  auto& ssl = *static_cast<Ssl*>(self);
  const int code = trust::PeerVerifier::callback(&ssl.verifier, certificate, depth, flags);
  if (depth == 0 && *flags != 0 && ssl.verifier.verdict()) {
    *flags = refusal_flags(ssl.verifier.verdict()->reason);
  }
  if (depth == 0 && ssl.verifier.refuses_key() &&
      mbedtls_ssl_conf_get_endpoint(mbedtls_ssl_context_get_config(&ssl.context)) == MBEDTLS_SSL_IS_SERVER) {
    ssl.muted = true;
    return MBEDTLS_ERR_X509_FATAL_ERROR;
  }
  return code;
}

bool Ssl::sends_nothing_useful() const {
  const bool is_server =
      mbedtls_ssl_conf_get_endpoint(mbedtls_ssl_context_get_config(&context)) == MBEDTLS_SSL_IS_SERVER;
  return context.MBEDTLS_PRIVATE(state) < MBEDTLS_SSL_HANDSHAKE_OVER &&
         (received.empty() > RecordWatch::most_empty || (is_server && received.began_without_hello()));
}

int Ssl::receive(void* self, unsigned char* buffer, std::size_t count) {
  auto& ssl = *static_cast<Ssl*>(self);
  if (ssl.input.empty()) {
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  const std::size_t taken = std::min(count, ssl.input.size());
  std::memcpy(buffer, ssl.input.data(), taken);
  ssl.input = ssl.input.subspan(taken);
  ssl.received.take({buffer, taken});
  if (ssl.sends_nothing_useful()) {
    return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  }
  return static_cast<int>(taken);
}

int Ssl::send(void* self, const unsigned char* bytes, std::size_t count) {
  auto& ssl = *static_cast<Ssl*>(self);
  if (ssl.muted) {
    return static_cast<int>(count);
  }
  if (ssl.output == nullptr) {
    return MBEDTLS_ERR_SSL_WANT_WRITE;
  }
  ssl.sent_alert = ends_with_alert({bytes, count});
  try {
    ssl.output->append({bytes, count});
  } catch (const std::bad_alloc&) {  // no exception may pass through mbedTLS
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  return static_cast<int>(count);
}

}  // namespace persona::tls
