#include "tls.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <openssl/err.h>

namespace bench {
namespace {

void require(bool good, const std::string& what) {
  if (!good) fail(what + ": " + TlsSession::error());
}

}  // namespace

bool knows_group(const char* group) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  require(context != nullptr, "SSL_CTX_new");
  const bool known = SSL_CTX_set1_groups_list(context.get(), group) == 1;
  ERR_clear_error();
  return known;
}

std::shared_ptr<SSL_CTX> make_context(const TlsSettings& settings) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* c = context.get();
  require(c != nullptr, "SSL_CTX_new");
  require(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1, "TLS 1.3");
  require(SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384") == 1, "cipher suites");
  require(SSL_CTX_set1_groups_list(c, settings.groups.c_str()) == 1, settings.groups);
  require(SSL_CTX_use_certificate_chain_file(c, settings.certificate.c_str()) == 1, settings.certificate);
  require(SSL_CTX_use_PrivateKey_file(c, settings.key.c_str(), SSL_FILETYPE_PEM) == 1, settings.key);
  require(SSL_CTX_load_verify_locations(c, settings.ca.c_str(), nullptr) == 1, settings.ca);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  static constexpr unsigned char sessions[] = "bench";
  require(SSL_CTX_set_session_id_context(c, sessions, sizeof sessions) == 1, "session id context");
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);  // tickets carry the session themselves
  require(SSL_CTX_set_num_tickets(c, settings.tickets) == 1, "tickets");
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

const BIO_METHOD* TlsSession::transport_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
    BIO_meth_set_read(made, transport_read);
    BIO_meth_set_write(made, transport_write);
    BIO_meth_set_ctrl(made, transport_control);
    return made;
  }();
  return method;
}

int TlsSession::transport_read(BIO* bio, char* into, int size) {
  auto* transport = static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t count = std::min(static_cast<std::size_t>(size), transport->in.size());
  if (count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, transport->in.data(), count);
  transport->in = transport->in.subspan(count);
  return static_cast<int>(count);
}

int TlsSession::transport_write(BIO* bio, const char* bytes, int size) {
  auto* transport = static_cast<Transport*>(BIO_get_data(bio));
  transport->out->insert(transport->out->end(), bytes, bytes + size);
  return size;
}

long TlsSession::transport_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

TlsSession::TlsSession(SSL_CTX* context) : ssl_(SSL_new(context)) {
  require(ssl_ != nullptr, "SSL_new");
  BIO* bio = BIO_new(transport_method());
  require(bio != nullptr, "BIO_new");
  BIO_set_data(bio, &transport_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

void TlsSession::feed(Bytes bytes) {
  if (transport_.in.empty()) {
    transport_.in = bytes;
    return;
  }
  hold();
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  transport_.in = held_;
}

void TlsSession::hold() {
  held_ = std::vector<std::uint8_t>(transport_.in.begin(), transport_.in.end());
  transport_.in = held_;
}

TlsSession::Status TlsSession::status_of(int result) {
  if (result > 0) return Status::ok;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::more;
    case SSL_ERROR_ZERO_RETURN:
      return Status::ended;
    default:
      return Status::failed;
  }
}

TlsSession::Status TlsSession::accept(Outbox& out) {
  transport_.out = &out;
  ERR_clear_error();
  return status_of(SSL_do_handshake(ssl_.get()));
}

TlsSession::Status TlsSession::read(std::span<std::uint8_t> into, std::size_t& size, Outbox& out) {
  transport_.out = &out;
  ERR_clear_error();
  return status_of(SSL_read_ex(ssl_.get(), into.data(), into.size(), &size));
}

void TlsSession::write(Bytes plaintext, Outbox& out) {
  if (plaintext.empty()) return;
  transport_.out = &out;
  std::size_t written = 0;
  require(SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) == 1, "SSL_write");
}

void TlsSession::close_notify(Outbox& out) {
  transport_.out = &out;
  SSL_shutdown(ssl_.get());
}

bool TlsSession::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

std::string TlsSession::error() {
  const unsigned long code = ERR_get_error();
  if (code == 0) return "no reason given";
  std::array<char, 256> words{};
  ERR_error_string_n(code, words.data(), words.size());
  return words.data();
}

}  // namespace bench
