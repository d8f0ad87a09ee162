// Sessions made without a handshake, for tests of the record protocol.
#pragma once

#include <vector>

#include <doctest/doctest.h>

#include "../../support/peer.hpp"
#include "pair.hpp"
#include "persona/tls/tickets.hpp"
#include "persona/x509/crypto.hpp"
#include "samples.hpp"

namespace persona::tls::test {

inline constexpr Role roles[] = {Role::client, Role::server};
inline constexpr std::uint16_t suites[] = {aes_128, aes_256, chacha20};

/// Those that run here; says so once for one that does not.
inline const std::vector<AeadProvider>& providers() {
  static const std::vector<AeadProvider> available = [] {
    REQUIRE(x509::initialise_crypto());
    std::vector<AeadProvider> all;
    for (const AeadProvider provider : {AeadProvider::psa, AeadProvider::ipsec_mb}) {
      if (aead_provider_available(provider)) {
        all.push_back(provider);
      } else {
        MESSAGE("not compared: " << describe_aead_provider(provider));
      }
    }
    return all;
  }();
  return available;
}

inline std::shared_ptr<const Context> context_of(Role role) {
  static const auto client = make_context(client_options());
  static const auto server = make_context(server_options());
  return role == Role::client ? client : server;
}

inline End make_end(Role role, std::uint16_t suite = aes_256, KeyLimits limits = {}) {
  return End(parts_of(context_of(role), suite, limits));
}

/// A session and the test in the place of its peer.
struct Duel {
  explicit Duel(Role role = Role::client, std::uint16_t suite = aes_256, KeyLimits limits = {})
      : end(make_end(role, suite, limits)),
        forger(suite, role == Role::client ? server_sends : client_sends),
        reader(suite, role == Role::client ? client_sends : server_sends) {}

  End end;
  Forger forger;  // what the session receives
  Reader reader;  // what it sends
};

/// Has the session failed for good, with the right words, and sent exactly this alert as its last record?
inline void check_refused(Duel& duel, Status status, AlertDescription alert) {
  CHECK(status == Status::failed);
  REQUIRE(duel.end->failure());
  CHECK(duel.end->failure()->kind == Failure::Kind::protocol_error);
  const auto sent = duel.reader.read(duel.end.output);
  REQUIRE_FALSE(sent.empty());
  CHECK(sent.back().is_alert(alert));
  CHECK(std::count_if(sent.begin(), sent.end(), [](const auto& r) { return r.type == ContentType::alert; }) ==
        1);
  const std::string words = duel.end->failure()->message;
  const Bytes text = duel.end.text();
  CHECK(duel.end.receive(duel.forger.data(as_bytes("too late"))) == Status::failed);
  CHECK(duel.end.text() == text);
  CHECK(duel.end->failure()->message == words);
  CHECK_FALSE(duel.end.send(as_bytes("too late")));
  CHECK_FALSE(duel.end->answer_owed());
  duel.end->close_notify(duel.end.output);
  duel.end->abort(duel.end.output);
  CHECK(duel.end.output.empty());
}

}  // namespace persona::tls::test
