// KeyUpdate received and sent (RFC 8446 sections 4.6.3 and 5.5).
#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// Hands over until both ends are silent.
void settle(End& one, End& other) {
  for (int round = 0; round < 100; ++round) {
    REQUIRE(one->answer(one.output));
    REQUIRE(other->answer(other.output));
    if (one.output.empty() && other.output.empty()) {
      return;
    }
    REQUIRE(other.receive(one.output.view()) == Status::want_input);
    one.output.clear();
    REQUIRE(one.receive(other.output.view()) == Status::want_input);
    other.output.clear();
  }
  FAIL("two sessions update each other without end");
}

}  // namespace

TEST_CASE("a KeyUpdate that requests none is followed and not answered") {
  for (const std::uint16_t suite : suites) {
    for (const Role role : roles) {
      Duel duel(role, suite);
      for (int i = 0; i < 20; ++i) {
        REQUIRE(duel.end.receive(duel.forger.update(false)) == Status::want_input);
        REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
      }
      CHECK_FALSE(duel.end->answer_owed());
      REQUIRE(duel.end->answer(duel.end.output));
      CHECK(duel.end.output.empty());
      CHECK(duel.end.text() == Bytes(20, 'x'));
    }
  }
}

TEST_CASE("a KeyUpdate that requests one is answered once, and what follows is under the new keys") {
  for (const std::uint16_t suite : suites) {
    for (const Role role : roles) {
      Duel duel(role, suite);
      REQUIRE(duel.end.receive(duel.forger.update(true)) == Status::want_input);
      CHECK(duel.end.output.empty());  // not by itself: the owner says when
      REQUIRE(duel.end->answer_owed());
      REQUIRE(duel.end->answer(duel.end.output));
      CHECK_FALSE(duel.end->answer_owed());
      REQUIRE(duel.end->answer(duel.end.output));
      REQUIRE(duel.end.send(as_bytes("words")));
      const auto sent = duel.reader.read(duel.end.output);
      REQUIRE(sent.size() == 2);
      CHECK(sent[0].is_key_update(false));
      CHECK(as_text(sent[1].content) == "words");
    }
  }
}

TEST_CASE("an answer that is owed goes before the next data") {
  Duel duel;
  REQUIRE(duel.end.receive(duel.forger.update(true)) == Status::want_input);
  REQUIRE(duel.end.send(as_bytes("words")));
  CHECK_FALSE(duel.end->answer_owed());
  const auto sent = duel.reader.read(duel.end.output);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].is_key_update(false));
  CHECK(sent[1].type == ContentType::application_data);
}

TEST_CASE("a thousand requests owe one answer") {
  Duel duel;
  for (int i = 0; i < 100; ++i) {
    Bytes wire;
    for (int j = 0; j < 10; ++j) {
      wire = join({wire, duel.forger.update(true)});
    }
    REQUIRE(duel.end.receive(wire) == Status::want_input);
  }
  CHECK(duel.end.output.empty());
  REQUIRE(duel.end->answer(duel.end.output));
  const auto sent = duel.reader.read(duel.end.output);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].is_key_update(false));
  CHECK_FALSE(duel.end->answer_owed());
  // One that does not request takes no request back.
  REQUIRE(duel.end.receive(duel.forger.update(true)) == Status::want_input);
  REQUIRE(duel.end.receive(duel.forger.update(false)) == Status::want_input);
  CHECK(duel.end->answer_owed());
}

TEST_CASE("KeyUpdates and nothing else, without end, in one read are refused") {
  const auto updates = [](Forger& forger, int count) {
    Bytes wire;
    for (int i = 0; i < count; ++i) {
      wire = join({wire, forger.update(false)});
    }
    return wire;
  };
  Duel some;
  for (int i = 0; i < 3; ++i) {
    Bytes wire;
    for (int j = 0; j < 20; ++j) {  // with data between them there may be many
      wire = join({wire, updates(some.forger, 32), some.forger.data(as_bytes("x"))});
    }
    CHECK(some.end.receive(wire) == Status::want_input);
  }
  Duel many;
  check_refused(many, many.end.receive(updates(many.forger, 1'000)), AlertDescription::unexpected_message);
  CHECK(many.end->failure()->message ==
        "the gateway broke the TLS protocol: it keeps changing its keys (KeyUpdate) and sends nothing else "
        "(answered by alert unexpected_message)");
  Duel empty;  // empty data does not count as data
  Bytes wire;
  for (int i = 0; i < 1'000; ++i) {
    wire = join({wire, empty.forger.update(false), empty.forger.data({})});
  }
  check_refused(empty, empty.end.receive(wire), AlertDescription::unexpected_message);
}

TEST_CASE("a KeyUpdate may come in pieces") {
  Duel duel;
  for (const std::uint8_t byte : key_update_message(true)) {
    CHECK_FALSE(duel.end->answer_owed());
    REQUIRE(duel.end.receive(duel.forger.handshake(Bytes{byte})) == Status::want_input);
  }
  duel.forger.next_keys();
  CHECK(duel.end->answer_owed());
  REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
  CHECK(duel.end.plaintext.size() == 1);
}

TEST_CASE("keys are changed before a limit is passed, in the middle of bulk data") {
  for (const std::uint64_t asked_for : {0U, 1U, 2U, 3U, 10U}) {
    const std::uint64_t limit = std::max(asked_for, KeyLimits::least);
    for (const std::size_t batch : {1UL, 100UL, 16'384UL, 16'385UL, 262'144UL}) {
      for (const Role role : roles) {
        CAPTURE(limit);
        CAPTURE(batch);
        Duel duel(role, aes_128, {asked_for});
        Bytes all;
        for (unsigned i = 0; i < 30; ++i) {
          const Bytes content = random_bytes(batch, i);
          all = join({all, content});
          REQUIRE(duel.end.send(content));
        }
        Bytes received;
        std::uint64_t under_one_key = 0;
        for (const auto& record : duel.reader.read(duel.end.output)) {
          ++under_one_key;
          CHECK(under_one_key <= limit);
          if (record.type == ContentType::handshake) {
            CHECK(record.is_key_update(false));
            CHECK(under_one_key == limit);  // and not before
            under_one_key = 0;
          } else {
            received.insert(received.end(), record.content.begin(), record.content.end());
          }
        }
        CHECK(received == all);
      }
    }
  }
}

TEST_CASE("before the peer's keys wear out it is asked for new ones, once for each generation") {
  for (const Role role : roles) {
    Duel duel(role, aes_256, {3});
    for (int generation = 0; generation < 3; ++generation) {
      for (int i = 0; i < 2; ++i) {
        REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
        CHECK_FALSE(duel.end->answer_owed());
      }
      for (int i = 0; i < 5; ++i) {
        REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
        CHECK(duel.end->answer_owed() == (i == 0));
        REQUIRE(duel.end->answer(duel.end.output));
        const auto sent = duel.reader.read(duel.end.output);
        REQUIRE(sent.size() == (i == 0 ? 1U : 0U));
        if (i == 0) {
          CHECK(sent[0].is_key_update(true));
        }
      }
      REQUIRE(duel.end.receive(duel.forger.update(false)) == Status::want_input);
      CHECK_FALSE(duel.end->answer_owed());
    }
  }
}

TEST_CASE("few large records wear keys out as many small ones do") {
  KeyLimits limits;
  limits.bytes = 40'000;
  for (const Role role : roles) {
    Duel sending(role, aes_256, limits);
    const Bytes full(max_record_plaintext, 'x');
    std::size_t updates = 0;
    for (int i = 0; i < 10; ++i) {
      REQUIRE(sending.end.send(full));
      for (const auto& record : sending.reader.read(sending.end.output)) {
        updates += record.is_key_update(false) ? 1 : 0;
      }
      sending.end.output.clear();
    }
    CHECK(updates == 3);  // before the 4th, the 7th and the 10th record

    Duel receiving(role, aes_256, limits);
    for (int i = 0; i < 3; ++i) {
      CHECK_FALSE(receiving.end->answer_owed());
      REQUIRE(receiving.end.receive(receiving.forger.data(full)) == Status::want_input);
    }
    CHECK(receiving.end->answer_owed());
  }
}

TEST_CASE("a request that the peer's own KeyUpdate has come before is not sent") {
  for (const bool requested : {false, true}) {
    Duel duel(Role::client, aes_256, {2});
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
    REQUIRE(duel.end->answer_owed());
    REQUIRE(duel.end.receive(duel.forger.update(requested)) == Status::want_input);
    REQUIRE(duel.end->answer(duel.end.output));
    // Section 4.6.3: the answer to a request is update_not_requested.
    for (const auto& record : duel.reader.read(duel.end.output)) {
      CHECK(record.is_key_update(false));
    }
  }
}

TEST_CASE("bulk goes on in both directions while both sides change and request keys") {
  for (const std::uint16_t suite : suites) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      std::mt19937 generator(seed);
      End client = make_end(Role::client, suite, {3 + generator() % 4});
      End server = make_end(Role::server, suite, {2 + generator() % 9});
      Bytes up;
      Bytes down;
      for (unsigned i = 0; i < 30; ++i) {
        const Bytes one = random_bytes(generator() % 100'000, i);
        const Bytes other = random_bytes(generator() % 100'000, i + 50);
        up = join({up, one});
        down = join({down, other});
        REQUIRE(client.send(one));
        REQUIRE(server.send(other));  // in flight at once
        REQUIRE(server.receive(client.output.view()) == Status::want_input);
        client.output.clear();
        REQUIRE(client.receive(server.output.view()) == Status::want_input);
        server.output.clear();
        if (generator() % 2 == 0) {
          REQUIRE(server->answer(server.output));
        }
      }
      settle(client, server);
      CHECK(server.text() == up);
      CHECK(client.text() == down);
    }
  }
}

TEST_CASE("an exhausted sequence number ends the session instead of wrapping") {
  SUBCASE("sending") {
    auto parts = parts_of(context_of(Role::client), aes_256);
    parts.sending.set_sequence(UINT64_MAX);
    End end(std::move(parts));
    CHECK_FALSE(end.send(as_bytes("words")));
    CHECK(end.output.empty());
    REQUIRE(end->failure());
    CHECK(end->failure()->kind == Failure::Kind::protocol_error);
    CHECK_FALSE(end.send(as_bytes("words")));
    end->close_notify(end.output);
    end->abort(end.output);
    CHECK(end.output.empty());
  }
  SUBCASE("sending an alert") {
    auto parts = parts_of(context_of(Role::client), aes_256);
    parts.sending.set_sequence(UINT64_MAX);
    End end(std::move(parts));
    end->close_notify(end.output);
    CHECK(end.output.empty());
    CHECK(end->failure());
  }
  SUBCASE("sending a requested KeyUpdate") {
    auto parts = parts_of(context_of(Role::client), aes_256);
    parts.sending.set_sequence(UINT64_MAX);
    End end(std::move(parts));
    Forger forger(aes_256, server_sends);
    REQUIRE(end.receive(forger.update(true)) == Status::want_input);
    CHECK_FALSE(end->answer(end.output));
    CHECK(end.output.empty());
    CHECK(end->failure());
    CHECK_FALSE(end->answer_owed());
  }
  SUBCASE("one number left is enough for a KeyUpdate, after which it goes on") {
    auto parts = parts_of(context_of(Role::client), aes_256);
    parts.sending.set_sequence(UINT64_MAX - 1);
    End end(std::move(parts));
    CHECK(end.send(as_bytes("words")));
    CHECK_FALSE(end->failure());
  }
  SUBCASE("receiving") {
    auto parts = parts_of(context_of(Role::client), aes_256);
    parts.receiving.set_sequence(UINT64_MAX);
    End end(std::move(parts));
    Forger forger(aes_256, server_sends);
    CHECK(end.receive(forger.data(as_bytes("words"))) == Status::failed);
    CHECK(end.plaintext.empty());
    Reader reader(aes_256, client_sends);
    const auto sent = reader.read(end.output);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].type == ContentType::alert);
  }
}
