#include "forward/first_mistakes.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;
using namespace std::string_literals;

namespace {

const Endpoint mistaken = *Endpoint::parse("db.example.com:3306");

std::string gateway_sentence(const std::string& first_bytes) {
  return mistaken_gateway(mistaken, as_bytes(first_bytes)).value_or("nothing");
}

}  // namespace

TEST_CASE("a database that speaks first is named, with the key that is missing") {
  CHECK(gateway_sentence("\x56\0\0\0\x0a"
                         "5.5.5-10.11.6-MariaDB-0+deb12u1\0"s +
                         std::string(60, '\0')) ==
        "db.example.com:3306 is MariaDB 10.11.6 without TLS in front: set gateway.negotiate: mysql");
  CHECK(gateway_sentence("\x4a\0\0\0\x0a"
                         "8.0.36\0"s +
                         std::string(66, '\0')) ==
        "db.example.com:3306 is MySQL 8.0.36 without TLS in front: set gateway.negotiate: mysql");
}

TEST_CASE("MySQL that refuses us before it greets is quoted, and forges no line") {
  CHECK(gateway_sentence("\x17\0\0\0\xff\x10\x04Too many connections"s) ==
        "db.example.com:3306 is MySQL or MariaDB without TLS in front: set gateway.negotiate: mysql; it says "
        "\"Too many connections\"");
  CHECK(gateway_sentence("\x0b\0\0\0\xff\x69\x04no\n\x1b\"\\\xc3!"s) ==
        "db.example.com:3306 is MySQL or MariaDB without TLS in front: set gateway.negotiate: mysql; it says "
        "\"no\\n\\u001b\\\"\\\\\\xc3!\"");
}

TEST_CASE("what is no database that persona can ask for TLS is named without a key") {
  CHECK(gateway_sentence("\x04\x01\0\x2b\0\0\1\0\0\0"s) ==
        "db.example.com:3306 is SQL Server, whose TLS is inside its own protocol: put a gateway in front of "
        "it");
  CHECK(gateway_sentence("-NOAUTH Authentication required.\r\n") ==
        "db.example.com:3306 is Redis without TLS: its TLS port is the one that its tls-port names");
  CHECK(gateway_sentence("SSH-2.0-OpenSSH_9.2p1\r\n") ==
        "db.example.com:3306 is an SSH server without TLS: is it the right port?");
  CHECK(gateway_sentence("HTTP/1.1 400 Bad Request\r\n") ==
        "db.example.com:3306 is an HTTP server without TLS: is it the right port?");
  CHECK(gateway_sentence("what is this") == "nothing");
  CHECK(gateway_sentence("") == "nothing");
}

TEST_CASE("PostgreSQL that complains is named as if it had been asked") {
  CHECK(gateway_sentence("E\0\0\0\x40SFATAL\0C08P01\0Munsupported frontend protocol\0\0"s) ==
        "db.example.com:3306 is PostgreSQL without TLS in front: set gateway.negotiate: postgresql");
}

TEST_CASE("PostgreSQL that was asked is named, and what did not answer is not") {
  CHECK(mistaken_gateway(mistaken, Inquiry::Answer::postgresql) ==
        "db.example.com:3306 is PostgreSQL without TLS in front: set gateway.negotiate: postgresql");
  CHECK(mistaken_gateway(mistaken, Inquiry::Answer::postgresql_bare)
            .starts_with(
                "db.example.com:3306 is PostgreSQL without TLS in front, and its own is switched off"));
  CHECK(mistaken_gateway(mistaken, Inquiry::Answer::nothing).empty());
}

TEST_CASE("who never says a word may be guessed by the port") {
  CHECK(hint_for_silence(*Endpoint::parse("db:1433")) ==
        " (if it is SQL Server: its TLS is inside its own protocol, so put a gateway in front of it)");
  CHECK(hint_for_silence(*Endpoint::parse("db:6379")) ==
        " (if it is Redis: its TLS port is the one that its tls-port names)");
  CHECK(hint_for_silence(*Endpoint::parse("db:5433")).empty());
}

TEST_CASE("a client without TLS is named, with what to do") {
  CHECK(mistaken_client(as_bytes("\0\0\0\x08\x04\xd2\x16\x2f"s)) ==
        "the client speaks PostgreSQL without TLS: connect it to a persona in mode persona, which speaks TLS "
        "to this "
        "one in its stead");
  CHECK(mistaken_client(as_bytes("GET / HTTP/1.1\r\n")) ==
        "the client speaks HTTP without TLS: this port wants HTTPS");
  CHECK_FALSE(mistaken_client(as_bytes("hello")));
}
