// A ticket in a first ClientHello that was answered by HelloRetryRequest, and in none after it. That first
// ClientHello may be another's: its binder proves nothing about who sends the second, which begins a
// handshake of its own, with a certificate.
#include <doctest/doctest.h>
#include <mbedtls/ssl.h>

#include "persona/x509/crypto.hpp"
#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// mbedTLS as a client that has somebody's ticket, no certificate, and forgets the ticket when asked to.
class RawClient {
 public:
  RawClient(const Ticket& ticket, const std::vector<std::uint16_t>& groups) : groups_(groups) {
    groups_.push_back(0);
    mbedtls_ssl_config_init(&config_);
    mbedtls_ssl_init(&ssl_);
    REQUIRE(mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                        MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    mbedtls_ssl_conf_rng(&config_, x509::psa_random, nullptr);
    mbedtls_ssl_conf_min_tls_version(&config_, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_groups(&config_, groups_.data());
    REQUIRE(mbedtls_ssl_setup(&ssl_, &config_) == 0);
    REQUIRE(mbedtls_ssl_set_hostname(&ssl_, nullptr) == 0);
    mbedtls_ssl_set_bio(&ssl_, this, &send, &receive, nullptr);

    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    session.MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_3;
    session.MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
    session.MBEDTLS_PRIVATE(ciphersuite) = ticket.cipher_suite;
    session.MBEDTLS_PRIVATE(ticket_age_add) = ticket.age_add;
    session.MBEDTLS_PRIVATE(ticket_flags) = MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;
    session.MBEDTLS_PRIVATE(ticket_lifetime) = 3'600;
    session.MBEDTLS_PRIVATE(ticket_reception_time) = ticket.received;
    session.MBEDTLS_PRIVATE(resumption_key_len) = static_cast<unsigned char>(ticket.psk.view().size());
    std::copy(ticket.psk.view().begin(), ticket.psk.view().end(), session.MBEDTLS_PRIVATE(resumption_key));
    Bytes identity = ticket.identity;
    session.MBEDTLS_PRIVATE(ticket) = identity.data();
    session.MBEDTLS_PRIVATE(ticket_len) = identity.size();
    REQUIRE(mbedtls_ssl_set_session(&ssl_, &session) == 0);
    session.MBEDTLS_PRIVATE(ticket) = nullptr;  // ours
    mbedtls_ssl_session_free(&session);
  }
  ~RawClient() {
    mbedtls_ssl_free(&ssl_);
    mbedtls_ssl_config_free(&config_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int step() { return mbedtls_ssl_handshake(&ssl_); }
  void forget_ticket() {
    // A ticket that may be used for nothing is not offered.
    ssl_.MBEDTLS_PRIVATE(session_negotiate)->MBEDTLS_PRIVATE(ticket_flags) = 0;
  }

  Buffer input;
  Buffer output;

 private:
  static int send(void* self, const unsigned char* bytes, std::size_t count) {
    static_cast<RawClient*>(self)->output.append({bytes, count});
    return static_cast<int>(count);
  }
  static int receive(void* self, unsigned char* bytes, std::size_t count) {
    Buffer& input = static_cast<RawClient*>(self)->input;
    if (input.empty()) {
      return MBEDTLS_ERR_SSL_WANT_READ;
    }
    const std::size_t taken = std::min(count, input.size());
    std::copy_n(input.view().begin(), taken, bytes);
    input.consume(taken);
    return static_cast<int>(taken);
  }

  std::vector<std::uint16_t> groups_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
};

struct Outcome {
  Status status;
  std::unique_ptr<Engine> server;
};

Outcome attack(bool keep_ticket) {
  ContextOptions server_side = server_options();
  server_side.groups = {find_named_group("secp384r1")->code_point};
  const Service service(client_options(), server_side);
  Pair honest = service.connect();
  REQUIRE(honest.established());
  const auto ticket = service.client->ticket_store()->take(service_target);
  REQUIRE(ticket);

  auto server = Engine::create(service.server, "");
  REQUIRE(server);
  // The first key share is of x25519, which the server asks to be replaced.
  RawClient client(*ticket,
                   {find_named_group("x25519")->code_point, find_named_group("secp384r1")->code_point});
  Status status = Status::want_input;
  for (int round = 0; round < 10 && status == Status::want_input; ++round) {
    client.step();
    ByteView bytes = client.output.view();
    status = (*server)->handshake(bytes, client.input);
    client.output.clear();
    if (round == 0 && !keep_ticket) {
      client.forget_ticket();
    }
  }
  return {status, std::move(*server)};
}

}  // namespace

TEST_CASE("the ticket of a first ClientHello does not stand for the second one") {
  const Outcome outcome = attack(false);
  CHECK(outcome.status == Status::failed);
  REQUIRE(outcome.server->failure());
  CHECK(outcome.server->failure()->kind == Failure::Kind::verify_failed);
  CHECK(outcome.server->failure()->message == "the client presented no certificate");
}

TEST_CASE("the ticket of both ClientHellos is resumed from") {
  const Outcome outcome = attack(true);
  REQUIRE(outcome.status == Status::established);
  CHECK(outcome.server->info().resumed);
  CHECK(outcome.server->info().peer == "CN=client");
}
