#include "persona/dialect/upgrade.hpp"

#include <string>

#include <doctest/doctest.h>

#include "greetings.hpp"

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;
using State = Upgrade::State;

namespace {

/// A connection to a database.
struct Database {
  explicit Database(Protocol protocol) : upgrade(Upgrade::create(protocol)) { upgrade->start(out); }

  State send(std::string_view bytes) { return upgrade->received(as_bytes(bytes), out); }
  State send_slowly(std::string_view bytes) {
    State state = State::wants_server;
    for (const char& one : bytes) {
      state = send({&one, 1});
    }
    return state;
  }
  State client(std::string_view bytes) { return upgrade->client_answered(as_bytes(bytes), out); }
  std::string got() const { return std::string(as_text(out.view())); }
  bool says(std::string_view words) const { return upgrade->error().find(words) != std::string::npos; }

  std::unique_ptr<Upgrade> upgrade;
  Buffer out;
};

const std::string request_for_ssl = "\0\0\0\x08\x04\xd2\x16\x2f"s;

// HandshakeResponse41 as of Debian's `mariadb`, as the facade passes it on: with CLIENT_SSL, and sequence 2.
const std::string first_32 = "\x84\xae\xff\x01\0\0\0\1\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c\0\0\0"s;
const std::string client_response =
    mysql_packet(2, first_32 + "bob\0\x14scramble_of_20_bytesmysql_native_password\0"s);

}  // namespace

TEST_CASE("PostgreSQL is asked for TLS, and its S is the whole consent") {
  Database database(Protocol::postgresql);
  CHECK(database.got() == request_for_ssl);
  CHECK(database.send("") == State::wants_server);
  CHECK(database.send("S") == State::agreed);
  CHECK(database.upgrade->error().empty());
  database.upgrade->ended();
  CHECK(database.upgrade->error().empty());
  CHECK(database.got() == request_for_ssl);
}

TEST_CASE("PostgreSQL: a byte behind the S is a failure, in the same piece or a later one, and stays one") {
  for (const bool slowly : {false, true}) {
    Database database(Protocol::postgresql);
    const std::string bytes = "SE\0\0\0\4"s;
    CHECK((slowly ? database.send_slowly(bytes) : database.send(bytes)) == State::failed);
    CHECK(database.says("CVE-2021-23222"));
    CHECK(database.send("S") == State::failed);
    CHECK(database.says("CVE-2021-23222"));
  }
}

TEST_CASE("PostgreSQL: what is no consent is named") {
  const struct {
    std::string bytes;
    std::string words;
  } cases[] = {
      {"N", "is PostgreSQL with TLS off: set ssl = on in its postgresql.conf"},
      {"E\0\0\0\x45SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"s,
       "(\"sorry, too many clients already\")"},
      {"Ecould not fork new process for connection: \x1b[2J\n\0"s,
       "(\"could not fork new process for connection: \\u001b[2J\")"},
      {"E\0\0\0\x45SFATAL\0VFA"s, "an error (\"\")"},
      {"E", "an error (\"\")"},
      {mysql_packet(0, mariadb_payload),
       "is MariaDB 10.11.19 and not PostgreSQL: set gateway.negotiate: mysql"},
      // Of 78 and 83 bytes: the length alone looks like an N, like an S.
      {mysql_packet(0,
                    "\x0a"
                    "8.0.36\0"s +
                        std::string(70, 'x')),
       "is MySQL 8.0.36"},
      {mysql_packet(0,
                    "\x0a"
                    "8.0.36\0"s +
                        std::string(75, 'x')),
       "is MySQL 8.0.36"},
      {"SSH-2.0-OpenSSH\r\n", "is an SSH server and not PostgreSQL: look at its address"},
      {"HTTP/1.1 400 Bad Request\r\n", "is an HTTP server"},
      {"-ERR unknown command\r\n", "is Redis"},
      {"\x15\3\1\0\2\2\x46"s, "speaks TLS without being asked for it: remove gateway.negotiate"},
      {"x", "does not speak PostgreSQL's protocol"},
      {std::string(100'000, '\0'), "does not speak PostgreSQL's protocol"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.words);
    Database database(Protocol::postgresql);
    CHECK(database.send(one.bytes) == State::failed);
    CAPTURE(database.upgrade->error());
    CHECK(database.says(one.words));
    CHECK(database.got() == request_for_ssl);
  }
  Database silent(Protocol::postgresql);
  silent.upgrade->ended();
  CHECK(silent.says("ended the connection instead of answering"));
  CHECK(silent.send("S") == State::failed);
}

TEST_CASE("MySQL: the greeting is for the client, whose own first bytes ask for TLS") {
  for (const std::string& payload : {mariadb_payload, mysql_payload}) {
    for (const bool slowly : {false, true}) {
      Database database(Protocol::mysql);
      CHECK(database.upgrade->greeting().empty());
      const std::string greeting = mysql_packet(0, payload);
      CHECK(database.send_slowly(greeting.substr(0, slowly ? greeting.size() - 1 : 0)) ==
            State::wants_server);
      CHECK(database.upgrade->greeting().empty());
      CHECK(database.send(slowly ? greeting.substr(greeting.size() - 1) : greeting) == State::wants_client);
      CHECK(as_text(database.upgrade->greeting()) == greeting);
      for (std::size_t count = 0; count < 36; ++count) {
        CHECK(database.client(client_response.substr(0, count)) == State::wants_client);
      }
      CHECK(database.got().empty());
      CHECK(database.client(client_response) == State::agreed);
      CHECK(database.got() == "\x20\0\0\1"s + first_32);
      CHECK(database.client(client_response) == State::agreed);
      CHECK(database.got().size() == 36);
      CHECK(database.send("\0") == State::agreed);  // no byte
      CHECK(database.send("x") == State::failed);
      CHECK(database.says("CVE-2021-23222"));
    }
  }
}

TEST_CASE("MySQL: without a client, TLS is asked for in our own name") {
  Database database(Protocol::mysql);
  CHECK(database.upgrade->without_client(database.out) == State::wants_server);
  database.send(mysql_packet(0, mysql_payload));
  CHECK(database.upgrade->without_client(database.out) == State::agreed);
  CHECK(database.got() == "\x20\0\0\1\x01\x8a\x08\0\0\0\0\1\x2d"s + std::string(23, '\0'));
}

TEST_CASE("MySQL: a client that answers something else is not asked for") {
  const auto with = [](std::size_t at, char byte) {
    std::string changed = client_response;
    changed[at] = byte;
    return changed;
  };
  for (const std::string& bytes :
       {with(3, 1), with(5, '\xac'), with(5, '\xa6'), mysql_packet(2, first_32.substr(1)),
        "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\n"s, mysql_packet(2, "")}) {
    Database database(Protocol::mysql);
    database.send(mysql_packet(0, mariadb_payload));
    CHECK(database.client(bytes) == State::failed);
    CHECK(database.says("the client's answer"));
    CHECK(database.upgrade->greeting().empty());
    CHECK(database.got().empty());
  }
}

TEST_CASE("MySQL: what is no greeting, or one without TLS, is named, whole and one byte at a time") {
  std::string without_tls = mysql_packet(0, mariadb_payload);
  without_tls[52] = static_cast<char>(0xf7);
  std::string too_old = mysql_packet(0, mysql_payload);
  too_old[26] = static_cast<char>(0xfd);
  const struct {
    std::string bytes;
    std::string words;
    std::string slowly;  // when it differs
  } cases[] = {
      {without_tls, "is MariaDB 10.11.19 with TLS off: set ssl_cert and ssl_key", ""},
      {too_old, "is MySQL 8.0.36, which is too old for TLS", ""},
      {mysql_packet(0,
                    "\x09"
                    "3.20.32\0"s),
       "is MySQL 3.20.32, which is too old for TLS", ""},
      {mysql_packet(0, "\xff\x10\4Too many connections"s),
       "refuses connections with MySQL's error 1040: \"Too many connections\"", ""},
      {mysql_packet(0, "\xff\x10\4#08004Too \x1b[2J"s), "error 1040: \"Too \\u001b[2J\"", ""},
      {mysql_packet(0, "\xff\x10\4"s + std::string(500, 'x')), "\"" + std::string(160, 'x') + "\"", ""},
      {mysql_packet(0, "\xff\x10\4"s + std::string(5000, 'x')), "does not speak", ""},
      {mysql_packet(0, "\xff\x10"s), "does not speak MySQL or MariaDB's protocol", ""},
      {mysql_packet(0, mariadb_payload) + "x", "CVE-2021-23222", ""},
      {mysql_packet(0, mariadb_payload).substr(0, 4) + "\x0a" + std::string(99, 'x'), "does not speak", ""},
      {mysql_packet(0, ""), "does not speak", ""},
      {mysql_packet(1, mariadb_payload), "does not speak", ""},
      {mysql_packet(0, "x"), "does not speak", ""},
      {"\xff\xff\xff\0\x0a"s, "does not speak", ""},
      {"\xfd\xff\0\0\x0a"s + std::string(100'000, 'x'), "does not speak", ""},
      {"E\0\0\0\x45SFATAL\0VFATAL\0"s,
       "is PostgreSQL and not MySQL or MariaDB: set gateway.negotiate: postgresql", "does not speak"},
      {"SSH-2.0-OpenSSH\r\n", "is an SSH server", ""},
      {"HTTP/1.1 400 Bad Request\r\n", "is an HTTP server", "does not speak"},
      {"-ERR unknown command\r\n", "is Redis", "does not speak"},
      {"\x15\3\1\0\2\2\x46"s, "speaks TLS without being asked for it", ""},
  };
  for (const auto& one : cases) {
    for (const bool slowly : {false, true}) {
      CAPTURE(one.words);
      Database database(Protocol::mysql);
      CHECK((slowly ? database.send_slowly(one.bytes) : database.send(one.bytes)) == State::failed);
      CAPTURE(database.upgrade->error());
      CHECK(database.says(slowly && !one.slowly.empty() ? one.slowly : one.words));
      CHECK(database.upgrade->greeting().empty());
      CHECK(database.got().empty());
    }
  }
}

TEST_CASE("MySQL: an end before TLS says how far it came") {
  const struct {
    std::string bytes;
    std::string words;
  } cases[] = {
      {"", "without a greeting"},
      {"\x64\0\0"s, "without a greeting"},
      {mysql_packet(0, mariadb_payload).substr(0, 60),
       "in the middle of its greeting; it may be MariaDB 10.11.19"},
      {mysql_packet(0, mariadb_payload), "before the client had answered"},
  };
  for (const auto& one : cases) {
    Database database(Protocol::mysql);
    database.send(one.bytes);
    database.upgrade->ended();
    CAPTURE(database.upgrade->error());
    CHECK(database.says(one.words));
    CHECK(database.send("x") == State::failed);
    CHECK(database.client(client_response) == State::failed);
  }
}
