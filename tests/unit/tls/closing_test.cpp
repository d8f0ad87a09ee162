// Alerts and the end of a session (RFC 8446 section 6).
#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

AlertDescription alert_of(unsigned description) {
  return static_cast<AlertDescription>(description);
}

}  // namespace

TEST_CASE("our close_notify ends our direction only") {
  for (const Role role : roles) {
    Duel duel(role);
    REQUIRE(duel.end.send(as_bytes("last words")));
    duel.end->close_notify(duel.end.output);
    duel.end->close_notify(duel.end.output);
    CHECK_FALSE(duel.end.send(as_bytes("too late")));
    CHECK_FALSE(duel.end->failure());
    const auto sent = duel.reader.read(duel.end.output);
    REQUIRE(sent.size() == 2);
    CHECK(as_text(sent[0].content) == "last words");
    CHECK(sent[1].is_alert(AlertDescription::close_notify));
    // The peer goes on, with KeyUpdates too.
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("1"))) == Status::want_input);
    REQUIRE(duel.end.receive(duel.forger.update(false)) == Status::want_input);
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("2"))) == Status::want_input);
    CHECK(duel.end.receive(duel.forger.alert(1, AlertDescription::close_notify)) == Status::closed);
    CHECK(duel.end.text() == bytes_of(as_bytes("12")));
    CHECK(duel.end.output.empty());
    CHECK_FALSE(duel.end->failure());
  }
}

TEST_CASE("the peer's close_notify ends its direction only") {
  for (const Role role : roles) {
    for (const std::uint8_t level : Bytes{1, 2}) {  // the level is of no account
      Duel duel(role);
      CHECK(duel.end.receive(join({duel.forger.data(as_bytes("last words")),
                                   duel.forger.alert(level, AlertDescription::close_notify)})) ==
            Status::closed);
      CHECK(as_text(duel.end.plaintext.view()) == "last words");
      CHECK(duel.end.output.empty());
      CHECK_FALSE(duel.end->failure());
      REQUIRE(duel.end.send(as_bytes("return traffic")));
      duel.end->close_notify(duel.end.output);
      const auto sent = duel.reader.read(duel.end.output);
      REQUIRE(sent.size() == 2);
      CHECK(as_text(sent[0].content) == "return traffic");
      CHECK(sent[1].is_alert(AlertDescription::close_notify));
    }
  }
}

TEST_CASE("what comes behind a close_notify is ignored") {
  Duel duel;
  const Bytes wire =
      join({duel.forger.data(as_bytes("before")), duel.forger.alert(1, AlertDescription::close_notify),
            duel.forger.data(as_bytes("behind")), Bytes{0}});
  CHECK(duel.end.receive(wire) == Status::closed);
  CHECK(as_text(duel.end.plaintext.view()) == "before");
  CHECK(duel.end.output.empty());
}

TEST_CASE("a KeyUpdate that was requested before the peer's close_notify is still answered") {
  Duel duel;
  const Bytes update = duel.forger.update(true);
  CHECK(duel.end.receive(join({update, duel.forger.alert(1, AlertDescription::close_notify)})) ==
        Status::closed);
  REQUIRE(duel.end.send(as_bytes("words")));
  const auto sent = duel.reader.read(duel.end.output);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].is_key_update(false));
}

TEST_CASE("after our close_notify nothing is sent: no answers, no tickets, no alerts") {
  for (const Role role : roles) {
    Duel duel(role, aes_256, {2});
    duel.end->close_notify(duel.end.output);
    duel.end.output.clear();
    REQUIRE(duel.end.receive(duel.forger.update(true)) == Status::want_input);
    for (int i = 0; i < 5; ++i) {  // past the limit of received records
      REQUIRE(duel.end.receive(duel.forger.data(as_bytes("x"))) == Status::want_input);
    }
    CHECK_FALSE(duel.end->answer_owed());
    CHECK(duel.end->answer(duel.end.output));
    duel.end->abort(duel.end.output);
    CHECK(duel.end.receive(duel.forger.record(ContentType::handshake, {})) == Status::failed);
    CHECK(duel.end->failure()->kind == Failure::Kind::protocol_error);
    CHECK_FALSE(duel.end->answer(duel.end.output));
    CHECK(duel.end.output.empty());
  }
}

TEST_CASE("user_canceled is ignored: a close_notify follows") {
  for (const std::uint8_t level : Bytes{1, 2}) {
    Duel duel;
    REQUIRE(duel.end.receive(duel.forger.alert(level, AlertDescription::user_canceled)) ==
            Status::want_input);
    REQUIRE(duel.end.receive(duel.forger.data(as_bytes("words"))) == Status::want_input);
    CHECK(duel.end.receive(duel.forger.alert(1, AlertDescription::close_notify)) == Status::closed);
    CHECK(duel.end.output.empty());
    CHECK_FALSE(duel.end->failure());
  }
}

TEST_CASE("every other alert is an error of any level, for good, and not answered") {
  for (const Role role : roles) {
    for (const std::uint8_t level : Bytes{1, 2, 0, 255}) {
      for (unsigned description = 1; description < 256; ++description) {
        if (description == 90) {
          continue;
        }
        CAPTURE(description);
        Duel duel(role);
        REQUIRE(duel.end.receive(duel.forger.data(as_bytes("words"))) == Status::want_input);
        CHECK(duel.end.receive(duel.forger.alert(level, alert_of(description))) == Status::failed);
        REQUIRE(duel.end->failure());
        CHECK(duel.end->failure()->kind == Failure::Kind::peer_alert);
        const std::string name = alert_name(static_cast<std::uint8_t>(description));
        CHECK(duel.end->failure()->message.find("(alert " + name + ")") != std::string::npos);
        CHECK(duel.end.receive(duel.forger.data(as_bytes("more"))) == Status::failed);
        CHECK_FALSE(duel.end.send(as_bytes("more")));
        duel.end->close_notify(duel.end.output);
        duel.end->abort(duel.end.output);
        CHECK(duel.end.output.empty());
        CHECK(duel.end.plaintext.size() == 5);
      }
    }
  }
}

TEST_CASE("a certificate alert before any data is the gateway's refusal of our certificate") {
  for (const std::uint8_t description : Bytes{42, 45, 46, 48, 116}) {
    Duel client(Role::client);
    CHECK(client.end.receive(client.forger.alert(2, alert_of(description))) == Status::failed);
    CHECK(client.end->failure()->kind == Failure::Kind::client_certificate_refused);
    Duel later(Role::client);
    REQUIRE(later.end.receive(later.forger.data(as_bytes("x"))) == Status::want_input);
    CHECK(later.end.receive(later.forger.alert(2, alert_of(description))) == Status::failed);
    CHECK(later.end->failure()->kind == Failure::Kind::peer_alert);
    Duel server(Role::server);
    CHECK(server.end.receive(server.forger.alert(2, alert_of(description))) == Status::failed);
    CHECK(server.end->failure()->kind == Failure::Kind::peer_alert);
  }
}

TEST_CASE("abort is one internal_error alert and the end of what we send") {
  for (const Role role : roles) {
    Duel duel(role);
    REQUIRE(duel.end.receive(duel.forger.update(true)) == Status::want_input);
    duel.end->abort(duel.end.output);
    duel.end->abort(duel.end.output);
    duel.end->close_notify(duel.end.output);
    CHECK_FALSE(duel.end.send(as_bytes("too late")));
    CHECK_FALSE(duel.end->answer_owed());
    const auto sent = duel.reader.read(duel.end.output);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].is_alert(AlertDescription::internal_error));
  }
}

TEST_CASE("a server's ticket goes out as a handshake record") {
  Duel duel(Role::server);
  const Bytes ticket = message(new_session_ticket, random_bytes(20'000, 1));
  REQUIRE(duel.end->send_ticket(ticket, duel.end.output));
  REQUIRE(duel.end.send(as_bytes("words")));
  const auto sent = duel.reader.read(duel.end.output);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].type == ContentType::handshake);
  CHECK(join({sent[0].content, sent[1].content}) == ticket);
  CHECK(as_text(sent[2].content) == "words");
}

TEST_CASE("an empty write makes no record") {
  Duel duel;
  CHECK(duel.end.send({}));
  CHECK(duel.end.output.empty());
}
