// The facades for databases whose TLS was negotiated.
#include <string>

#include <doctest/doctest.h>

#include "greetings.hpp"
#include "persona/dialect/facade.hpp"

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;

namespace {

/// Both sides: send, and remember what arrived.
struct Between {
  explicit Between(Protocol protocol) : facade(Facade::create_negotiated(protocol)) {}

  void client(std::string_view bytes) {
    Buffer onward;
    Buffer answer;
    facade->received(as_bytes(bytes), onward, answer);
    to_server += as_text(onward.view());
    to_client += as_text(answer.view());
  }
  void server(std::string_view bytes) {
    Buffer onward;
    facade->answered(as_bytes(bytes), onward);
    to_client += as_text(onward.view());
  }
  void client(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      client(bytes.substr(0, piece));
    }
  }
  void server(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      server(bytes.substr(0, piece));
    }
  }
  void fail() {
    Buffer answer;
    facade->regret({Regret::Kind::unreachable, "no", ""}, answer);
    to_client += as_text(answer.view());
  }

  std::unique_ptr<Facade> facade;
  std::string to_server;
  std::string to_client;
};

constexpr std::size_t pieces[] = {1, 2, 3, 5, 7, 100, 1'000'000};

std::string message(char type, const std::string& content) {
  return std::string(1, type) + "\0\0\0"s + static_cast<char>(content.size() + 4) + content;
}

const std::string startup_message = "\0\0\0\x13\0\3\0\0user\0bob\0\0\0"s;
const std::string tls_request = "\0\0\0\x08\x04\xd2\x16\x2f"s;
const std::string sasl_both = message('R', "\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s);
const std::string sasl_plain = message('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s);

// HandshakeResponse41: CLIENT_PROTOCOL_41 and more, no CLIENT_SSL.
std::string response(int sequence, char capabilities = '\xa6') {
  return mysql_packet(sequence, "\x84"s + capabilities + "\xff\x01\0\0\0\1\x2d"s + std::string(23, '\0') +
                                    "bob\0\x14scramble_of_20_bytesdb\0mysql_native_password\0"s);
}
const std::string ok_payload = "\0\0\0\2\0\0\0"s;
const std::string switch_payload =
    "\xfe"
    "client_ed25519\0salt\0"s;

std::string without_ssl(const std::string& payload, std::size_t lower, std::size_t upper) {
  std::string changed = payload;
  changed[lower + 1] = static_cast<char>(changed[lower + 1] & 0xf7);
  changed[upper + 1] = static_cast<char>(changed[upper + 1] & 0xbf);
  return mysql_packet(0, changed);
}
const std::string given = without_ssl(mariadb_payload, 47, 52);

std::string err(int sequence) {
  return mysql_packet(sequence, "\xff\xc2\x04#08S01no"s);
}

}  // namespace

TEST_CASE("negotiated PostgreSQL: SCRAM is offered without channel binding, whatever comes before it") {
  const std::string before = message('v', "\0\0\0\0\0\0\0\0"s) + message('N', "SNOTICE\0\0"s);
  const std::string after = message('R', "\0\0\0\x0a-PLUS\0\0"s) + "and all the rest";
  for (const std::size_t piece : pieces) {
    for (const std::string& first : {""s, before}) {
      Between between(Protocol::postgresql);
      between.client(tls_request + startup_message, piece);
      CHECK(between.to_client == "N");
      CHECK(between.to_server == startup_message);
      CHECK(between.facade->awaits_answer());
      between.server(first + sasl_both + after, piece);
      CHECK(between.to_client == "N" + first + sasl_plain + after);
      CHECK(between.facade->is_over());
      CHECK(!between.facade->awaits_answer());
    }
  }
}

TEST_CASE("negotiated PostgreSQL: everything else passes unchanged, and ends the look") {
  for (const std::string& bytes :
       {sasl_plain + sasl_both, message('R', "\0\0\0\0"s) + sasl_both,
        message('R', "\0\0\0\x05salt"s) + sasl_both, message('E', "SFATAL\0\0"s) + sasl_both,
        message('R', "\0\0\0\x0aSCRAM-SHA-256-PLUS\0\0"s), message('R', "\0\0\0\x0a\0"s),
        message('R', "\0\0\0\x0a"s), message('R', "\0\0\0\x0aSCRAM-SHA-256-PLUS"s), "R\0\0\0\3"s + sasl_both,
        "R\0\0\0\7\0\0\0"s + sasl_both, "R\x7f\0\0\0\0\0\0\x0a-PLUS\0\0"s, "N\0\0\0\0"s + sasl_both,
        "N\xff\xff\xff\xff"s + sasl_both, "HTTP/1.1 400"s, std::string(200'000, '\0')}) {
    for (const std::size_t piece : pieces) {
      Between between(Protocol::postgresql);
      between.server(bytes, piece);
      CHECK(between.to_client == bytes);
    }
  }
}

TEST_CASE("negotiated PostgreSQL: a message is held until it is whole, within the bound") {
  Between between(Protocol::postgresql);
  between.server("R\0\1\0\0\0\0\0\x0a"s);  // 64 KiB and one byte
  CHECK(between.to_client == "R\0\1\0\0\0\0\0\x0a"s);
  Between held(Protocol::postgresql);
  held.server("R\0\0\xff\xff\0\0\0\x0a"s + std::string(60'000, 'x'));
  CHECK(held.to_client.empty());
  held.server(std::string(100'000, 'y'));
  CHECK(held.to_client == "R\0\0\xff\xff\0\0\0\x0a"s + std::string(60'000, 'x') + std::string(100'000, 'y'));
}

TEST_CASE("negotiated PostgreSQL: a failure is told as it is otherwise") {
  Between between(Protocol::postgresql);
  between.client(startup_message);
  between.fail();
  CHECK(between.facade->telling() == Facade::Telling::told);
  CHECK(between.to_client == message('E', "SFATAL\0VFATAL\0C57P03\0Mno\0\0"s));
}

TEST_CASE("negotiated MySQL: the client sees no TLS, and its sequence numbers are right") {
  for (const std::size_t piece : pieces) {
    for (const std::string& payload : {mariadb_payload, mysql_payload}) {
      CAPTURE(piece);
      Between between(Protocol::mysql);
      CHECK(between.facade->awaits_answer());
      const bool is_mysql = payload == mysql_payload;
      between.server(mysql_packet(0, payload), piece);
      CHECK(between.to_client == without_ssl(payload, is_mysql ? 21 : 47, is_mysql ? 26 : 52));
      CHECK(between.facade->awaits_answer());
      between.to_client.clear();

      between.client(response(1).substr(0, 50), piece);
      CHECK(!between.facade->awaits_answer());
      between.client(response(1).substr(50), piece);
      CHECK(between.to_server == response(2, '\xae'));
      CHECK(between.facade->awaits_answer());
      between.to_server.clear();

      between.server(mysql_packet(3, switch_payload) + mysql_packet(4, "\1more"), piece);
      CHECK(between.to_client == mysql_packet(2, switch_payload) + mysql_packet(3, "\1more"));
      CHECK(!between.facade->awaits_answer());
      between.client(mysql_packet(4, "signature") + mysql_packet(5, ""), piece);
      CHECK(between.to_server == mysql_packet(5, "signature") + mysql_packet(6, ""));
      CHECK(!between.facade->is_over());
      between.to_client.clear();
      between.to_server.clear();

      const std::string rest = mysql_packet(1, "a result") + mysql_packet(255, "");
      between.server(mysql_packet(7, ok_payload) + rest, piece);
      CHECK(between.to_client == mysql_packet(6, ok_payload) + rest);
      CHECK(between.facade->is_over());
      between.client(mysql_packet(0, "\3select 1") + mysql_packet(1, ""), piece);
      CHECK(between.to_server == mysql_packet(0, "\3select 1") + mysql_packet(1, ""));
      CHECK(between.to_client == mysql_packet(6, ok_payload) + rest);
    }
  }
}

TEST_CASE("negotiated MySQL: an ERR packet ends authentication too, and 0x00 is OK only in front") {
  for (const std::size_t piece : pieces) {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload), piece);
    between.client(response(1), piece);
    between.to_client.clear();
    const std::string refused = "\xff\x15\4#28000Access denied";
    between.server(mysql_packet(3, "\1\0\xff"s) + mysql_packet(4, "") + mysql_packet(5, refused), piece);
    CHECK(between.to_client == mysql_packet(2, "\1\0\xff"s) + mysql_packet(3, "") + mysql_packet(4, refused));
    CHECK(between.facade->is_over());
  }
}

TEST_CASE("negotiated MySQL: a packet of 16 MiB goes on in the next one") {
  Between between(Protocol::mysql);
  between.server(mysql_packet(0, mariadb_payload));
  between.client(response(1));
  between.to_client.clear();
  between.to_server.clear();
  const std::string most(0xffffff, '\1');
  between.server(mysql_packet(3, most) + mysql_packet(4, "\0goes on"s) + mysql_packet(5, ok_payload) +
                 "rest");
  CHECK((between.to_client ==
         mysql_packet(2, most) + mysql_packet(3, "\0goes on"s) + mysql_packet(4, ok_payload) + "rest"));
  Between other(Protocol::mysql);
  other.server(mysql_packet(0, mariadb_payload));
  other.client(response(1));
  other.to_server.clear();
  other.client(mysql_packet(255, most) + mysql_packet(0, "goes on"));
  CHECK((other.to_server == mysql_packet(0, most) + mysql_packet(1, "goes on")));
}

TEST_CASE("negotiated MySQL: what a client sends ahead of the end of authentication is no part of it") {
  for (const std::size_t piece : pieces) {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload));
    between.client(response(1) + mysql_packet(0, "\3select 1") + mysql_packet(0, "\1"), piece);
    CHECK(between.to_server == response(2, '\xae') + mysql_packet(0, "\3select 1") + mysql_packet(0, "\1"));
    CHECK(between.facade->awaits_answer());
  }
  Between between(Protocol::mysql);
  between.server(mysql_packet(0, mariadb_payload));
  between.client(response(1));
  between.to_server.clear();
  between.client("\1\0"s);
  between.server(mysql_packet(3, ok_payload));
  CHECK(!between.facade->is_over());  // it keeps two bytes of the client's
  between.client("\0"s);
  CHECK(between.to_server == "\1\0\0"s);
  CHECK(between.facade->is_over());
}

TEST_CASE("negotiated MySQL: a client that asks for TLS in vain is told, and nothing of it goes onward") {
  for (const std::size_t piece : pieces) {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload));
    between.to_client.clear();
    between.client(mysql_packet(1, "\x84\xae\xff\x01\0\0\0\1\x2d"s + std::string(23, '\0')) + "\x16\3\1"s,
                   piece);
    CHECK(between.facade->telling() == Facade::Telling::told);
    CHECK(!between.facade->is_over());
    CHECK(between.to_client.find("#08S01persona offers its clients no TLS") != std::string::npos);
    CHECK(between.to_client[3] == 2);
    CHECK(between.to_server.empty());
  }
}

TEST_CASE("negotiated MySQL: a failure is told in the sequence that the client expects") {
  SUBCASE("in the greeting's place") {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload).substr(0, 30));
    between.fail();
    CHECK(between.to_client == err(0));
    CHECK(between.facade->telling() == Facade::Telling::told);
  }
  SUBCASE("after the client's answer") {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload));
    between.client(response(1));
    between.fail();
    CHECK(between.to_client == given + err(2));
    CHECK(between.facade->telling() == Facade::Telling::told);
    between.client("more");
    CHECK(between.to_client == given + err(2));
  }
  for (const std::size_t before : {std::size_t{0}, std::size_t{3}, std::size_t{5}, std::size_t{30}}) {
    for (const std::size_t piece : pieces) {
      Between between(Protocol::mysql);
      between.server(mysql_packet(0, mariadb_payload));
      between.client(response(1).substr(0, before), piece);
      const std::string sent = between.to_server;
      between.fail();
      CHECK(between.facade->telling() == Facade::Telling::waiting);
      CHECK(between.to_client == given);
      between.client(response(1).substr(before), piece);
      CHECK(between.to_client == given + err(2));
      CHECK(between.to_server == sent);
      CHECK(between.facade->telling() == Facade::Telling::told);
    }
  }
  SUBCASE("after the client's answer, of which more follows") {
    for (const std::size_t piece : pieces) {
      Between between(Protocol::mysql);
      between.server(mysql_packet(0, mariadb_payload));
      between.fail();
      between.client(mysql_packet(1, "") + mysql_packet(2, "more") + "\xff\xff", piece);
      CHECK(between.to_client == given + err(2));
      CHECK(between.to_server.empty());
    }
  }
  SUBCASE("in the middle of authentication") {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload));
    between.client(response(1));
    between.server(mysql_packet(3, switch_payload));
    between.client(mysql_packet(3, "signature"));
    between.to_client.clear();
    between.fail();
    CHECK(between.to_client == err(4));
  }
}

TEST_CASE(
    "negotiated MySQL: who speaks something else is told nothing, or what it does not take for its own") {
  for (const std::string& bytes : {"GET / HTTP/1.1\r\n\r\n"s, "\xff\xff\xff\1"s, response(3)}) {
    Between between(Protocol::mysql);
    between.server(mysql_packet(0, mariadb_payload));
    between.client(bytes);
    between.fail();
    CHECK(between.facade->telling() ==
          (bytes == "\xff\xff\xff\1"s ? Facade::Telling::waiting : Facade::Telling::impossible));
    between.client("more and more");
    CHECK(between.facade->telling() == Facade::Telling::impossible);
    CHECK(between.to_client == given);
  }
  Between over(Protocol::mysql);
  over.server(mysql_packet(0, mariadb_payload));
  over.client(response(1));
  over.server(mysql_packet(3, ok_payload));
  over.fail();
  CHECK(over.facade->telling() == Facade::Telling::impossible);
}

TEST_CASE("negotiated MySQL: what is no greeting passes unchanged, and ends the look") {
  for (const std::string& bytes : {mysql_packet(0, "\xff\x10\4Too many connections"s), mysql_packet(0, ""),
                                   mysql_packet(1, mariadb_payload),
                                   mysql_packet(0,
                                                "\x09"
                                                "3.20.32\0"s),
                                   mysql_packet(0,
                                                "\x0a"
                                                "8.0.36"s),
                                   mysql_packet(0,
                                                "\x0a"
                                                "8.0.36\0short"s),
                                   "HTTP/1.1 400 Bad Request\r\n"s, std::string(100'000, '\xff')}) {
    for (const std::size_t piece : pieces) {
      Between between(Protocol::mysql);
      between.server(bytes + "rest", piece);
      between.client("anything", piece);
      CHECK(between.to_client == bytes + "rest");
      CHECK(between.to_server == "anything");
      CHECK(between.facade->is_over());
    }
  }
}
