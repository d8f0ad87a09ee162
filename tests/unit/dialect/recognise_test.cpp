#include "persona/dialect/recognise.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;

TEST_CASE("a server is recognised by its first bytes") {
  const struct {
    std::string bytes;
    std::string name;
  } cases[] = {
      // MariaDB 10.11's, as Debian has it.
      {"\x64\0\0\0\x0a"
       "5.5.5-10.11.19-MariaDB-0+deb12u1\0\4\0\0\0I8yz{yn>"
       "\0\xfe\xff\x08\2\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0'Fjc5z+"
       "b0f2d\0mysql_native_password\0"s,
       "MariaDB 10.11.19"},
      {"\x4a\0\0\0\x0a"
       "8.0.36-0ubuntu0.22.04.1\0\x08\0\0\0"s,
       "MySQL 8.0.36"},
      {"\x2c\0\0\0\x09"
       "3.20.32a\0"s,
       "MySQL 3.20.32"},
      {"\x80\0\0\0\x0a"s + std::string(60, '1') + "\0"s, "MySQL " + std::string(40, '1')},
      {"\x46\0\0\0\xffj\4Host '127.0.0.1' is not allowed to connect to this MariaDB server"s, "MariaDB"},
      {"\x17\0\0\0\xff\x10\4Too many connections"s, "MySQL or MariaDB"},
      {"E\0\0\0\x45SFATAL\0VFATAL\0C0A000\0"s, "PostgreSQL"},
      {"\4\1\0\x2b\0\0\1\0\0\0\x1a"s, "SQL Server"},
      {"-ERR unknown command `x`"s, "Redis"},
      {"-DENIED Redis is running in protected mode"s, "Redis"},
      {"-NOAUTH Authentication required.\r\n"s, "Redis"},
      {"+PONG\r\n"s, "Redis"},
      {"\x15\3\1\0\2\2\x46"s, "a TLS server"},
      {"\x16\3\3"s, "a TLS server"},
      {"SSH-2.0-OpenSSH_9.2p1\r\n"s, "an SSH server"},
      {"HTTP/1.1 400 Bad Request\r\n"s, "an HTTP server"},
      {"<html>\r\n<head><title>400"s, "an HTTP server"},
      {"<!DOCTYPE html>"s, "an HTTP server"},
      {"220 mail.example.com ESMTP Postfix\r\n"s, "an SMTP server"},
      {"554 mail.example.com No SMTP service here\r\n"s, "an SMTP server"},
      {"220 (vsFTPd 3.0.3)\r\n"s, "an FTP server"},
      {"220-welcome\r\n"s, "an SMTP or FTP server"},
      {"* OK [CAPABILITY IMAP4rev1] ready\r\n"s, "an IMAP server"},
      {"+OK Dovecot ready.\r\n"s, "a POP3 server"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    CHECK(recognise(as_bytes(one.bytes)).value_or("nothing") == one.name);
    for (std::size_t count = 0; count < one.bytes.size(); ++count) {
      recognise(as_bytes(one.bytes.substr(0, count)));  // of which some name less
    }
  }
}

TEST_CASE("what nobody begins with is not recognised") {
  for (const std::string& bytes :
       {""s, "S"s, "N"s, "E"s, "E\0\0\0\1SFATAL"s, "E\x7f\0\0\0S"s, "E\0\0\0\x45XFATAL\0"s,
        "\0\0\0\0\0\0\0\0\0\0"s, "\x16\2\1"s, "2200 x"s, "-x"s, "-"s, "-ERR"s, "hello"s,
        "\x10\0\0\1\x0a"
        "8.0.36\0"s,
        "\x10\0\0\0\x0a"
        "8.0.36"s,
        "\x10\0\0\0\x0a\x1b[2J\0 and more"s, "\x10\0\0\0\xff\1\0unknown"s, "\4\1\0\x2b\0\0\1\1"s}) {
    CAPTURE(bytes);
    CHECK(recognise(as_bytes(bytes)).value_or("nothing") == "nothing");
  }
}
