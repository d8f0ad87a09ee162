#include "persona/dialect/facade.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;

namespace {

const std::string ssl_request = "\0\0\0\x08\x04\xd2\x16\x2f"s;
const std::string gssenc_request = "\0\0\0\x08\x04\xd2\x16\x30"s;
const std::string cancel_request = "\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2"s;
const std::string startup = "\0\0\0\x13\0\3\0\0user\0bob\0\0\0"s;
const Regret unreachable{Regret::Kind::unreachable, "persona cannot reach the gateway", "see its log"};

/// A client: sends, and remembers what went onward and what it was answered.
struct Client {
  explicit Client(Protocol protocol) : facade(Facade::create(protocol)) {}

  void send(std::string_view bytes) {
    Buffer further;
    Buffer back;
    facade->received(as_bytes(bytes), further, back);
    onward += as_text(further.view());
    answer += as_text(back.view());
  }
  void send_slowly(std::string_view bytes) {
    for (const char& one : bytes) {
      send({&one, 1});
    }
  }
  void fail(const Regret& regret) {
    Buffer back;
    facade->regret(regret, back);
    answer += as_text(back.view());
  }

  std::unique_ptr<Facade> facade;
  std::string onward;
  std::string answer;
  Buffer backward;  // what the other side has answered
};

std::string error_response(const std::string& state, const std::string& message, const std::string& hint) {
  std::string fields = "SFATAL\0VFATAL\0C"s + state + "\0M"s + message + "\0H"s + hint + "\0\0"s;
  std::string head = "E\0\0\0"s;
  return head + static_cast<char>(fields.size() + 4) + fields;
}

}  // namespace

TEST_CASE(
    "PostgreSQL: requests for encryption are refused at once, also one after the other, whole or in pieces") {
  for (const bool slowly : {false, true}) {
    Client client(Protocol::postgresql);
    const std::string all = gssenc_request + ssl_request + startup;
    slowly ? client.send_slowly(all) : client.send(all);
    CHECK(client.answer == "NN");
    CHECK(client.onward == startup);
    CHECK(!client.facade->is_over());
    client.facade->answered(as_bytes("R"), client.backward);
    CHECK(client.facade->is_over());
    client.send("more");
    CHECK(client.onward == startup + "more");
  }
}

TEST_CASE("PostgreSQL: what is no such request passes unchanged") {
  for (const std::string& bytes : {cancel_request, startup, "GET / HTTP/1.1\r\n\r\n"s, "\x16\3\1"s,
                                   "\0\0\0\x08\0\0\0\0"s, "\0\0\0\x09"s, "\0\1"s}) {
    for (const bool slowly : {false, true}) {
      Client client(Protocol::postgresql);
      slowly ? client.send_slowly(bytes) : client.send(bytes);
      CHECK(client.onward == bytes);
      CHECK(client.answer.empty());
      client.facade->answered(as_bytes("?"), client.backward);
      CHECK(as_text(client.backward.view()) == "?");
      CHECK(client.facade->is_over());
    }
  }
  Client stubborn(Protocol::postgresql);
  for (int i = 0; i < 5; ++i) {
    stubborn.send(ssl_request);
  }
  CHECK(stubborn.answer == "NNNN");
  CHECK(stubborn.onward == ssl_request);
}

TEST_CASE("PostgreSQL: a failure is told in answer to the StartupMessage, and to nothing before it") {
  const std::string told = error_response("57P03", "persona cannot reach the gateway", "see its log");
  SUBCASE("the failure comes first") {
    Client client(Protocol::postgresql);
    client.fail(unreachable);
    CHECK(client.facade->telling() == Facade::Telling::waiting);
    client.send(ssl_request);
    CHECK(client.answer == "N");
    client.send_slowly(startup);
    CHECK(client.answer == "N" + told);
    CHECK(client.onward.empty());
  }
  SUBCASE("the client comes first") {
    Client client(Protocol::postgresql);
    client.send(ssl_request + startup);
    client.fail(unreachable);
    CHECK(client.answer == "N" + told);
    CHECK(client.facade->telling() == Facade::Telling::told);
    client.send("more");
    CHECK(client.answer == "N" + told);
  }
  SUBCASE("in the middle of the StartupMessage") {
    Client client(Protocol::postgresql);
    client.send(startup.substr(0, 10));
    client.fail(unreachable);
    CHECK(client.facade->telling() == Facade::Telling::waiting);
    client.send(startup.substr(10));
    CHECK(client.answer == told);
  }
}

TEST_CASE("PostgreSQL: who does not listen is told nothing") {
  for (const std::string& bytes :
       {cancel_request, "GET / HTTP/1.1\r\n\r\n"s, "\0\0\0\x08\0\2\0\0"s, "\0\x7f\xff\xff\0\3\0\0"s}) {
    Client client(Protocol::postgresql);
    client.send(bytes);
    client.fail(unreachable);
    CHECK(client.facade->telling() == Facade::Telling::impossible);
    CHECK(client.answer.empty());
  }
}

TEST_CASE("MySQL: an ERR packet stands in the greeting's place, with a number and an SQLSTATE") {
  Client client(Protocol::mysql);
  client.fail({Regret::Kind::limit, "too many", ""});
  CHECK(client.answer == "\x11\0\0\0\xff\x10\x04#08004too many"s);
  CHECK(client.facade->telling() == Facade::Telling::told);
  Client long_one(Protocol::mysql);
  long_one.fail({Regret::Kind::unreachable, std::string(5000, 'x'), ""});
  CHECK(long_one.answer.size() == 4 + 9 + 511);
}

TEST_CASE("Redis: an error in answer to the first command, in one line") {
  Client client(Protocol::redis);
  client.fail({Regret::Kind::unreachable, "cannot\r\nreach", "Look."});
  CHECK(client.facade->telling() == Facade::Telling::waiting);
  client.send("PING\r\n");
  CHECK(client.answer == "-ERR cannot  reach. Look.\r\n");
}

TEST_CASE(
    "Redis: what sets a connection up fails too, and what the application asks for is the last to be "
    "answered") {
  const std::string hello = "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n";
  const std::string set_info = "*4\r\n$6\r\nclient\r\n$7\r\nSETINFO\r\n$8\r\nLIB-NAME\r\n$1\r\nx\r\n";
  const std::string get = "*2\r\n$3\r\nGET\r\n$1\r\nx\r\n";
  const std::string error = "-ERR persona cannot reach the gateway. see its log\r\n";
  SUBCASE("one after the other") {
    Client client(Protocol::redis);
    client.send(hello);
    client.fail(unreachable);
    CHECK(client.answer == error);
    CHECK(client.facade->telling() == Facade::Telling::waiting);
    client.send(set_info);
    CHECK(client.answer == error + error);
    CHECK(client.facade->telling() == Facade::Telling::waiting);
    client.send(get);
    CHECK(client.answer == error + error + error);
    CHECK(client.facade->telling() == Facade::Telling::told);
  }
  SUBCASE("all at once, and more commands behind them") {
    Client client(Protocol::redis);
    client.fail(unreachable);
    client.send(hello + set_info + get + get);
    CHECK(client.answer == error + error + error + error);
    CHECK(client.facade->telling() == Facade::Telling::told);
  }
  SUBCASE("what is not whole, or no command, is answered at once") {
    for (const std::string& bytes :
         {"*"s, get.substr(0, get.size() - 1), hello.substr(0, 20), "*x\r\n"s, "*2\r\nx"s,
          "*1\r\n$99999\r\n"s, "*-1\r\n"s, "*0\r\n"s, "*2\r\n$5\r\nHELLO"s}) {
      Client client(Protocol::redis);
      client.send(bytes);
      client.fail(unreachable);
      CHECK(client.answer == error);
      CHECK(client.facade->telling() == Facade::Telling::told);
    }
  }
  SUBCASE("nobody is answered for ever") {
    Client client(Protocol::redis);
    client.fail(unreachable);
    for (int i = 0; i < 10; ++i) {
      client.send(hello + hello + hello + hello + hello + hello + hello + hello + hello + hello);
    }
    CHECK(client.answer.size() == 64 * error.size());
    CHECK(client.facade->telling() == Facade::Telling::told);
  }
}

TEST_CASE("SQL Server: PRELOGIN is answered without encryption, LOGIN7 with the error") {
  const std::string prelogin = "\x12\1\0\x0e\0\0\1\0\xff\0\0\0\0\0"s;
  const std::string login = "\x10\1\0\x14\0\0\1\0\x0c\0\0\0\4\0\0\x74\0\0\0\0"s;
  Client client(Protocol::mssql);
  client.send_slowly(prelogin);
  CHECK(client.onward == prelogin);
  client.fail({Regret::Kind::unreachable, "no \xc3\xbc", ""});
  const std::string response = "\4\1\0\x1a\0\0\1\0\0\0\x0b\0\6\1\0\x11\0\1\xff\x10\0\0\0\0\0\2"s;
  CHECK(client.answer == response);
  client.send_slowly(login);
  const std::string text = "n\0o\0 \0\xfc\0"s;
  const std::string server = "\7p\0e\0r\0s\0o\0n\0a\0"s;
  const std::string error = "\x11\0\0\0\1\x14\4\0"s + text + server + "\0\1\0\0\0"s;
  const std::string tokens =
      "\xaa"s + static_cast<char>(error.size()) + "\0"s + error + "\xfd\2\0\0\0\0\0\0\0\0\0\0\0"s;
  const std::string packet = "\4\1\0"s + static_cast<char>(tokens.size() + 8) + "\0\0\1\0"s + tokens;
  CHECK(client.answer == response + packet);
  CHECK(client.facade->telling() == Facade::Telling::told);
}

TEST_CASE(
    "SQL Server: what comes ahead of the answer to PRELOGIN is kept, since the login is what is answered") {
  const std::string prelogin = "\x12\1\0\x0e\0\0\1\0\xff\0\0\0\0\0"s;
  const std::string login = "\x10\1\0\x14\0\0\1\0\x0c\0\0\0\4\0\0\x74\0\0\0\0"s;
  Client client(Protocol::mssql);
  client.send(prelogin);
  CHECK(!client.facade->is_over());
  client.send(login);
  // An octet that is not UTF-8 becomes one character, and a character beyond the first plane two units.
  client.fail({Regret::Kind::unreachable, "a\xff\xf0\x9f\x98\x80z", ""});
  CHECK(client.facade->telling() == Facade::Telling::told);
  CHECK(client.answer.find("\5\0a\0\xfd\xff\x3d\xd8\0\xdez\0\7p"s) != std::string::npos);
}

TEST_CASE("SQL Server: who speaks something else is told nothing") {
  for (const std::string& bytes : {"GET /"s, "\x12\0\0\x08\0\0\1\0"s, "\x12\1\0\7\0\0\1\0"s}) {
    Client client(Protocol::mssql);
    client.send(bytes);
    client.fail(unreachable);
    CHECK(client.facade->telling() == Facade::Telling::impossible);
  }
}

TEST_CASE("who has asked for a session awaits an answer, who still may until it ends, and nobody else") {
  const std::string prelogin = "\x12\1\0\x0e\0\0\1\0\xff\0\0\0\0\0"s;
  const struct {
    Protocol protocol;
    std::string sent;
    bool awaits;
    bool may_still_ask = false;
  } cases[] = {
      {Protocol::postgresql, "", true, true},
      {Protocol::postgresql, ssl_request, true, true},
      {Protocol::postgresql, startup, true},
      {Protocol::postgresql, startup.substr(0, 18), true, true},
      {Protocol::postgresql, ssl_request + startup, true},
      {Protocol::postgresql, cancel_request, false},
      {Protocol::mysql, "", true, true},
      {Protocol::mysql, "x", false},
      {Protocol::redis, "", true, true},
      {Protocol::redis, "PING\r\n", true},
      {Protocol::redis, "*1\r\n$4\r\nPING\r\n", true},
      {Protocol::redis, "*2\r\n$8\r\nshutdown\r\n$6\r\nNOSAVE\r\n", false},
      {Protocol::redis, "*1\r\n$8\r\nSHUT", true, true},
      {Protocol::redis, "*1\r\n$8\r\nSHUTDO!!\r\n", true},
      {Protocol::redis, "Shutdown nosave\r\n", false},
      {Protocol::redis, "shutdown\n", false},
      {Protocol::redis, "shutdowns\n", true},
      {Protocol::redis, "*" + std::string(20, '1'), true},
      {Protocol::mssql, "", true, true},
      {Protocol::mssql, prelogin, true},
      {Protocol::mssql, prelogin.substr(0, 13), true, true},
      {Protocol::mssql, "\x10\0\0\x09\0\0\1\0?"s, true, true},
      {Protocol::mssql, "\x10\0\0\x09\0\0\1\0?\x10\1\0\x08\0\0\1\0"s, true},
      {Protocol::mssql, "GET /", false},
  };
  for (const auto& one : cases) {
    CAPTURE(one.sent);
    for (const bool slowly : {false, true}) {
      Client client(one.protocol);
      slowly ? client.send_slowly(one.sent) : client.send(one.sent);
      CHECK(client.facade->awaits_answer() == one.awaits);
      Buffer rest;
      client.facade->received_end(rest);
      CHECK(client.facade->awaits_answer() == (one.awaits && !one.may_still_ask));
      client.facade->answered(as_bytes("answer"), client.backward);
      CHECK(!client.facade->awaits_answer());
    }
  }
}

TEST_CASE("no more is kept than is allowed, and nothing is lost") {
  for (const Protocol protocol : {Protocol::postgresql, Protocol::mysql, Protocol::redis, Protocol::mssql}) {
    Client client(protocol);
    const std::string much(300'000, '\0');
    client.send(much);
    client.send(much);
    CHECK(client.onward == much + much);
    client.fail(unreachable);
    client.send(much);
    CHECK(client.facade->telling() != Facade::Telling::waiting);
  }
}
