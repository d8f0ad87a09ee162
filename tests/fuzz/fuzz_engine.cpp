// Feeds arbitrary bytes to a TLS engine, in either role: to a fresh one, or to the peer's side of a real
// session with one piece of its traffic replaced. No input may crash it or make it established without a
// verified peer.
#include <cstdint>
#include <cstdlib>

#include "../support/engine.hpp"
#include "persona/authority/authority.hpp"
#include "persona/base/buffer.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;

namespace {

[[noreturn]] void broken() {
  std::abort();
}

template <class T>
T must(T result) {
  if (!result) {
    broken();
  }
  return result;
}

struct Fixture {
  std::shared_ptr<const tls::Context> contexts[2][2];  // by role, by version

  Fixture() {
    must(x509::initialise_crypto());
    const auto authority = must(authority::Authority::create("Fuzz CA", std::chrono::hours(24)));
    const auto trust = *must(trust::TrustStore::from_pem({.ca = authority->certificate_pem()}));
    authority::IssueRequest request;
    request.common_name = "fuzz";
    request.dns_names = {"fuzz.example"};
    for (const tls::Role role : {tls::Role::client, tls::Role::server}) {
      request.usage = role == tls::Role::client ? authority::IssueRequest::Usage::client
                                                : authority::IssueRequest::Usage::server;
      const auto pem = must(authority->issue(request));
      for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
        tls::ContextOptions options;
        options.role = role;
        options.trust = trust;
        options.identity =
            *must(identity::Identity::from_pem(pem->certificate, pem->private_key, std::nullopt));
        options.min_version = options.max_version = version;
        for (const NamedGroup& group : named_groups()) {
          options.groups.push_back(group.code_point);
        }
        contexts[index(role)][version == TlsVersion::tls13] = *must(tls::Context::create(options));
      }
    }
  }

  static std::size_t index(tls::Role role) { return role == tls::Role::client ? 0 : 1; }

  std::unique_ptr<tls::test::Engine> engine(tls::Role role, bool tls13) const {
    return std::move(*must(tls::test::Engine::create(contexts[index(role)][tls13], "fuzz.example")));
  }
};

/// Hands over what is on the wire; established engines open it.
tls::Status deliver(tls::test::Engine& engine, tls::Status status, Buffer& wire, Buffer& answer) {
  Buffer plaintext;
  ByteView bytes = wire.view();
  if (status == tls::Status::want_input) {
    status = engine.handshake(bytes, answer);
  }
  if (status == tls::Status::established && !bytes.empty()) {
    const tls::Status opened = engine.open(bytes, plaintext, answer);
    status = opened == tls::Status::want_input ? tls::Status::established : opened;
  }
  wire.clear();
  return status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  if (size < 2) {
    return 0;
  }
  const bool tls13 = (data[0] & 1) != 0;
  const tls::Role victim_role = (data[0] & 2) != 0 ? tls::Role::client : tls::Role::server;
  const tls::Role peer_role = victim_role == tls::Role::client ? tls::Role::server : tls::Role::client;
  const bool alone = (data[0] & 4) != 0;
  const unsigned replaced_flight = data[1] % 8;
  const ByteView noise(data + 2, size - 2);

  auto victim = fixture.engine(victim_role, tls13);
  Buffer to_victim;
  Buffer to_peer;
  tls::Status victim_status = tls::Status::want_input;
  victim_status = deliver(*victim, victim_status, to_victim, to_peer);
  if (alone) {
    to_victim.append(noise);
    if (deliver(*victim, victim_status, to_victim, to_peer) == tls::Status::established) {
      broken();
    }
    return 0;
  }
  auto peer = fixture.engine(peer_role, tls13);
  tls::Status peer_status = deliver(*peer, tls::Status::want_input, to_peer, to_victim);
  for (unsigned flight = 0; flight < 10; ++flight) {
    if (flight == replaced_flight) {
      if ((data[0] & 8) != 0) {
        to_victim.clear();  // replaced, else put before nothing: after what the peer said
      }
      to_victim.append(noise);
    }
    victim_status = deliver(*victim, victim_status, to_victim, to_peer);
    if (victim_status == tls::Status::failed && !victim->failure()) {
      broken();
    }
    if (peer_status == tls::Status::established) {
      static_cast<void>(peer->seal(as_bytes("words"), to_victim));
    }
    peer_status = deliver(*peer, peer_status, to_peer, to_victim);
  }
  return 0;
}
