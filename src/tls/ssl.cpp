#include "ssl.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace persona::tls {

Engine::Ssl::Ssl(identity::PeerVerifier peer_verifier) : verifier(std::move(peer_verifier)) {
  mbedtls_ssl_init(&context);
  mbedtls_ssl_set_verify(&context, &identity::PeerVerifier::callback, &verifier);
  mbedtls_ssl_set_bio(&context, this, &Ssl::send, &Ssl::receive, nullptr);
}

Engine::Ssl::~Ssl() {
  mbedtls_ssl_free(&context);
}

std::uint8_t Engine::Ssl::received_alert() const {
  const unsigned char* message = context.MBEDTLS_PRIVATE(in_msg);
  return message != nullptr ? message[1] : 0;
}

std::optional<std::uint8_t> Engine::Ssl::unprotected_alert() const {
  const unsigned char* record = context.MBEDTLS_PRIVATE(in_hdr);
  const bool is_alert = record != nullptr && record[0] == MBEDTLS_SSL_MSG_ALERT && record[3] == 0 &&
                        record[4] == 2 && record[5] == MBEDTLS_SSL_ALERT_LEVEL_FATAL;
  return is_alert ? std::optional<std::uint8_t>(record[6]) : std::nullopt;
}

int Engine::Ssl::receive(void* self, unsigned char* buffer, std::size_t count) {
  auto& ssl = *static_cast<Ssl*>(self);
  if (ssl.input.empty()) {
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  const std::size_t taken = std::min(count, ssl.input.size());
  std::memcpy(buffer, ssl.input.data(), taken);
  ssl.input = ssl.input.subspan(taken);
  return static_cast<int>(taken);
}

int Engine::Ssl::send(void* self, const unsigned char* bytes, std::size_t count) {
  auto& ssl = *static_cast<Ssl*>(self);
  if (ssl.output == nullptr) {
    return MBEDTLS_ERR_SSL_WANT_WRITE;
  }
  try {
    ssl.output->append({bytes, count});
  } catch (const std::bad_alloc&) {  // nothing may be thrown through mbedTLS
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  return static_cast<int>(count);
}

}  // namespace persona::tls
