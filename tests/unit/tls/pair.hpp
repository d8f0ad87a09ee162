// Two engines back to back in memory, and the certificates they need.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "../../support/engine.hpp"
#include "persona/authority/authority.hpp"
#include "persona/base/buffer.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::tls::test {

inline authority::Authority make_authority(const std::string& name) {
  REQUIRE(x509::initialise_crypto());
  auto authority = authority::Authority::create(name, std::chrono::hours(24));
  REQUIRE(authority);
  return std::move(*authority);
}

/// Made once: a test that needs another authority makes its own.
inline const authority::Authority& test_ca() {
  static const authority::Authority instance = make_authority("Test CA");
  return instance;
}

inline authority::IssueRequest server_request() {
  authority::IssueRequest request;
  request.usage = authority::IssueRequest::Usage::server;
  request.common_name = "server";
  request.dns_names = {"db.example.com"};
  request.ip_addresses = {"127.0.0.1"};
  return request;
}

inline authority::IssueRequest client_request() {
  authority::IssueRequest request;
  request.common_name = "client";
  return request;
}

inline std::shared_ptr<const identity::Identity> make_identity(
    const authority::IssueRequest& request, const authority::Authority& issuer = test_ca()) {
  auto pair = issuer.issue(request);
  REQUIRE(pair);
  auto identity = identity::Identity::from_pem(pair->certificate, pair->private_key, std::nullopt);
  REQUIRE(identity);
  return *identity;
}

inline std::shared_ptr<const trust::TrustStore> trust_in(const authority::Authority& issuer) {
  auto trust = trust::TrustStore::from_pem({.ca = issuer.certificate_pem()});
  REQUIRE(trust);
  return *trust;
}

inline std::shared_ptr<const Context> make_context(ContextOptions options) {
  auto context = Context::create(std::move(options));
  REQUIRE(context);
  return *context;
}

inline ContextOptions client_options() {
  static const auto identity = make_identity(client_request());
  ContextOptions options;
  options.role = Role::client;
  options.identity = identity;
  options.trust = trust_in(test_ca());
  return options;
}

inline ContextOptions server_options() {
  static const auto identity = make_identity(server_request());
  ContextOptions options;
  options.role = Role::server;
  options.identity = identity;
  options.trust = trust_in(test_ca());
  return options;
}

inline ContextOptions only(ContextOptions options, TlsVersion version) {
  options.min_version = options.max_version = version;
  return options;
}

/// A client and a server engine with a wire between them.
struct Pair {
  explicit Pair(ContextOptions client_side = client_options(), ContextOptions server_side = server_options(),
                const std::string& name = "db.example.com") {
    make(make_context(std::move(client_side)), make_context(std::move(server_side)), name, "");
  }

  /// Of contexts that have had other sessions; with an address, sessions are resumed.
  Pair(std::shared_ptr<const Context> client_side, std::shared_ptr<const Context> server_side,
       const std::string& name, const std::string& address) {
    make(std::move(client_side), std::move(server_side), name, address);
  }

  /// Runs both handshakes until neither moves. With `chunk` the wire delivers at most so many bytes at a
  /// time.
  void handshake(std::size_t chunk = 1 << 20) {
    client_status = step(*client, to_client, to_server, client_status, chunk);
    for (int round = 0; round < 100'000; ++round) {
      const Status server_before = server_status;
      const std::size_t waiting = to_client.size() + to_server.size();
      server_status = step(*server, to_server, to_client, server_status, chunk);
      client_status = step(*client, to_client, to_server, client_status, chunk);
      const bool moved = to_client.size() + to_server.size() != waiting || server_status != server_before;
      if (!moved) {
        take_tickets(chunk);
        return;
      }
    }
    FAIL("the handshake does not end");
  }

  bool established() const {
    return client_status == Status::established && server_status == Status::established;
  }

  std::unique_ptr<Engine> client;
  std::unique_ptr<Engine> server;
  Buffer to_client;
  Buffer to_server;
  Status client_status = Status::want_input;
  Status server_status = Status::want_input;

 private:
  void make(std::shared_ptr<const Context> client_side, std::shared_ptr<const Context> server_side,
            const std::string& name, const std::string& address) {
    auto made = Engine::create(std::move(client_side), name, address);
    REQUIRE(made);
    client = std::move(*made);
    made = Engine::create(std::move(server_side), "");
    REQUIRE(made);
    server = std::move(*made);
  }

  /// What the server sends behind its handshake comes before anything that a test sends.
  void take_tickets(std::size_t chunk);

  static Status step(Engine& engine, Buffer& input, Buffer& output, Status status, std::size_t chunk) {
    if (status != Status::want_input) {
      return status;
    }
    const ByteView whole = input.view();
    ByteView offered = whole.first(std::min(chunk, whole.size()));
    const std::size_t count = offered.size();
    status = engine.handshake(offered, output);
    input.consume(count - offered.size());
    return status;
  }
};

/// Opens what is on the wire, `chunk` bytes at a time.
inline Status open_all(Engine& engine, Buffer& wire, Buffer& plaintext, Buffer& reply,
                       std::size_t chunk = 1 << 20) {
  Status status = Status::want_input;
  while (!wire.empty() && status == Status::want_input) {
    const std::size_t count = std::min(chunk, wire.size());
    status = engine.open(wire.view().first(count), plaintext, reply);
    wire.consume(count);
  }
  return status;
}

inline void Pair::take_tickets(std::size_t chunk) {
  if (established()) {
    Buffer plaintext;
    const Status status = open_all(*client, to_client, plaintext, to_server, chunk);
    REQUIRE_MESSAGE(status == Status::want_input, (client->failure() ? client->failure()->message : ""));
    REQUIRE(plaintext.empty());
  }
}

}  // namespace persona::tls::test
