// Every violation of RFC 8446 sections 4.6 and 5 that an authentic peer can commit, and the alert for it.
#include <functional>

#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// In both roles, with data before it that still comes out.
void refused(AlertDescription alert, const std::function<Bytes(Forger&)>& wrong,
             std::initializer_list<Role> in_roles = {Role::client, Role::server}) {
  for (const Role role : in_roles) {
    Duel duel(role);
    const Bytes wire = join({duel.forger.data(as_bytes("before")), wrong(duel.forger)});
    const Status status = duel.end.receive(wire);
    CHECK(as_text(duel.end.plaintext.view()) == "before");
    check_refused(duel, status, alert);
  }
}

/// A NewSessionTicket body (section 4.6.1).
Bytes ticket_body(ByteView nonce, ByteView ticket, ByteView extensions) {
  const auto vector = [](ByteView content, bool wide) {
    Bytes all;
    if (wide) {
      all.push_back(static_cast<std::uint8_t>(content.size() >> 8));
    }
    all.push_back(static_cast<std::uint8_t>(content.size()));
    return join({all, content});
  };
  return join({Bytes{0, 0, 14, 16, 1, 2, 3, 4}, vector(nonce, false), vector(ticket, true),
               vector(extensions, true)});
}

}  // namespace

TEST_CASE("record_overflow") {
  refused(AlertDescription::record_overflow, [](Forger&) { return Bytes{23, 3, 3, 0x41, 0x01}; });
  refused(AlertDescription::record_overflow,
          [](Forger& peer) { return peer.data(Bytes(max_record_plaintext + 1)); });
  refused(AlertDescription::record_overflow,
          [](Forger& peer) { return peer.data(Bytes(max_record_plaintext), 1); });
  refused(AlertDescription::record_overflow, [](Forger& peer) { return peer.seal(Bytes(16'386, 0)); });
}

TEST_CASE("unexpected_message: a record in the clear, whatever it says") {
  const Bytes change_cipher_spec{20, 3, 3, 0, 1, 1};
  const Bytes fatal_alert{21, 3, 3, 0, 2, 2, 40};
  const Bytes handshake{22, 3, 3, 0, 5, 24, 0, 0, 1, 0};
  const Bytes heartbeat{24, 3, 3, 0, 3, 1, 0, 0};
  for (const Bytes& record :
       {change_cipher_spec, fatal_alert, handshake, heartbeat, Bytes{0}, Bytes{'G', 'E', 'T'}}) {
    refused(AlertDescription::unexpected_message, [&](Forger&) { return record; });
  }
}

TEST_CASE("unexpected_message: no inner type, or one that is not protected") {
  refused(AlertDescription::unexpected_message, [](Forger& peer) { return peer.seal(Bytes(1, 0)); });
  refused(AlertDescription::unexpected_message, [](Forger& peer) { return peer.seal(Bytes(16'385, 0)); });
  for (const std::uint8_t type : Bytes{1, 19, 20, 24, 25, 255}) {
    refused(AlertDescription::unexpected_message, [&](Forger& peer) { return peer.record(type, Bytes{1}); });
  }
}

TEST_CASE("unexpected_message: an empty fragment of a handshake message or alert (section 5.4)") {
  for (const std::size_t padding : {0UL, 100UL}) {
    refused(AlertDescription::unexpected_message,
            [&](Forger& peer) { return peer.record(ContentType::handshake, {}, padding); });
    refused(AlertDescription::unexpected_message,
            [&](Forger& peer) { return peer.record(ContentType::alert, {}, padding); });
  }
  // Also between the pieces of a message.
  refused(AlertDescription::unexpected_message, [](Forger& peer) {
    return join({peer.handshake(Bytes{key_update, 0}), peer.handshake({})});
  });
}

TEST_CASE("decode_error: an alert of another length than two") {
  for (const Bytes& content : {Bytes{1}, Bytes{1, 0, 0}, Bytes{1, 0, 1, 0}}) {
    refused(AlertDescription::decode_error,
            [&](Forger& peer) { return peer.record(ContentType::alert, content); });
  }
}

TEST_CASE("unexpected_message: a record of another type between the pieces of a handshake message") {
  const Bytes half{key_update, 0, 0};
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return join({peer.handshake(half), peer.data(as_bytes("words"))});
  });
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return join({peer.handshake(half), peer.data({})});
  });
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return join({peer.handshake(half), peer.alert(1, AlertDescription::close_notify)});
  });
}

TEST_CASE("unexpected_message: a KeyUpdate that is not the end of its record (section 5.1)") {
  const Bytes update = key_update_message(false);
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return peer.handshake(join({update, update}));
  });
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return peer.handshake(join({update, Bytes{24}}));
  });
  refused(AlertDescription::unexpected_message, [&](Forger& peer) {
    return join({peer.handshake(Bytes{key_update}), peer.handshake(Bytes{0, 0, 1, 0, key_update, 0, 0})});
  });
}

TEST_CASE("illegal_parameter: a KeyUpdate that neither requests nor does not") {
  for (const std::uint8_t value : Bytes{2, 3, 128, 255}) {
    refused(AlertDescription::illegal_parameter,
            [&](Forger& peer) { return peer.handshake(message(key_update, Bytes{value})); });
  }
}

TEST_CASE("decode_error: a KeyUpdate of another length than one") {
  for (const Bytes& body : {Bytes{}, Bytes{0, 0}, Bytes(300)}) {
    refused(AlertDescription::decode_error,
            [&](Forger& peer) { return peer.handshake(message(key_update, body)); });
  }
}

TEST_CASE("illegal_parameter: a handshake message that nobody needs to send, before it comes") {
  for (const std::uint8_t type : {new_session_ticket, key_update}) {
    refused(AlertDescription::illegal_parameter,
            [&](Forger& peer) {
              return peer.handshake(Bytes{type, 0xff, 0xff, 0xff});
            },
            {Role::client});
  }
  // In pieces too.
  refused(AlertDescription::illegal_parameter,
          [](Forger& peer) {
            return join({peer.handshake(Bytes{new_session_ticket, 2}), peer.handshake(Bytes{0, 0})});
          },
          {Role::client});
}

TEST_CASE("unexpected_message: every other handshake message once the handshake is over (section 4)") {
  for (unsigned type = 0; type < 256; ++type) {
    for (const Role role : roles) {
      const bool allowed = type == key_update || (type == new_session_ticket && role == Role::client);
      if (allowed) {
        continue;
      }
      CAPTURE(type);
      const Bytes wrong = message(static_cast<std::uint8_t>(type), Bytes(10));
      Duel duel(role);
      const Status status = duel.end.receive(duel.forger.handshake(wrong));
      check_refused(duel, status, AlertDescription::unexpected_message);
    }
  }
}

TEST_CASE("unexpected_message: a server gets no NewSessionTicket, a client no CertificateRequest") {
  const Bytes ticket = message(new_session_ticket, ticket_body(Bytes{1}, Bytes{2}, {}));
  refused(AlertDescription::unexpected_message, [&](Forger& peer) { return peer.handshake(ticket); },
          {Role::server});
  const Bytes request = message(certificate_request, Bytes{0, 0, 0});
  refused(AlertDescription::unexpected_message, [&](Forger& peer) { return peer.handshake(request); },
          {Role::client});
}

TEST_CASE("decode_error: a NewSessionTicket that does not parse, whether it is kept or not") {
  const Bytes good = ticket_body(Bytes{1}, Bytes{2, 3}, Bytes{0, 42, 0, 4, 0, 0, 0, 0});
  std::vector<Bytes> bad{ticket_body(Bytes{1}, {}, {}),              // the ticket is empty
                         ticket_body(Bytes{1}, Bytes{2}, Bytes{0}),  // half an extension
                         ticket_body(Bytes{1}, Bytes{2}, Bytes{0, 42, 0, 4, 0}), join({good, Bytes{0}})};
  for (std::size_t size = 0; size < good.size(); ++size) {
    bad.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
  }
  TicketStore store;
  for (const bool kept : {true, false}) {
    for (const Bytes& body : bad) {
      TicketBank::Parts bank;
      bank.store = &store;
      bank.target = "t";
      bank.cipher_suite = aes_256;
      bank.resumption_master_secret = secret_of(aes_256, 9);
      bank.valid_until = x509::now() + std::chrono::hours(1);
      bank.authenticated_at = now_by_both_clocks();
      Duel duel;
      duel.end = End(parts_of(context_of(Role::client), aes_256, {},
                              kept ? std::make_unique<TicketBank>(std::move(bank)) : nullptr));
      CHECK(is_new_session_ticket(good));
      CHECK_FALSE(is_new_session_ticket(body));
      const Status status = duel.end.receive(duel.forger.handshake(message(new_session_ticket, body)));
      check_refused(duel, status, AlertDescription::decode_error);
    }
  }
  CHECK(store.take("t") == nullptr);
}

TEST_CASE("handshake messages coalesced, in pieces and padded are understood") {
  const Bytes ticket = message(new_session_ticket, ticket_body(Bytes{1}, random_bytes(3'000, 1), {}));
  const Bytes largest = message(new_session_ticket, ticket_body(Bytes(255), random_bytes(65'535, 2), {}));
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 generator(seed);
    Duel duel;
    const Bytes messages = join({ticket, ticket, largest, ticket, key_update_message(true)});
    ByteView rest(messages);
    while (!rest.empty()) {
      const std::size_t most = seed % 3 == 0 ? 16'384 : seed % 3 == 1 ? 5 : 1'000;
      const ByteView piece = rest.first(std::min<std::size_t>(generator() % most + 1, rest.size()));
      rest = rest.subspan(piece.size());
      const std::size_t padding = generator() % (max_record_plaintext - piece.size() + 1) % 50;
      REQUIRE(duel.end.receive(duel.forger.record(ContentType::handshake, piece, padding)) ==
              Status::want_input);
    }
    duel.forger.next_keys();
    CHECK(duel.end->answer_owed());
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("words"))) == Status::want_input);
    CHECK(as_text(duel.end.plaintext.view()) == "words");
  }
}
