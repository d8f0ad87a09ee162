#include "persona/dialect/client_words.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;

namespace {

std::string client_language(const std::string& bytes) {
  const auto words = words_of_client(as_bytes(bytes));
  CHECK((!words || !words->advice.empty()));
  return words ? std::string(words->language) : "";
}

}  // namespace

TEST_CASE("a client that came without TLS is known by its first bytes") {
  CHECK(client_language("\0\0\0\x08\x04\xd2\x16\x2f"s) == "PostgreSQL");                  // SSLRequest
  CHECK(client_language("\0\0\0\x08\x04\xd2\x16\x30"s) == "PostgreSQL");                  // GSSENCRequest
  CHECK(client_language("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2"s) == "PostgreSQL");  // CancelRequest
  CHECK(client_language("\0\0\0\x13\0\3\0\0user\0bob\0\0\0"s) == "PostgreSQL");
  CHECK(client_language("*1\r\n$4\r\nPING\r\n") == "Redis");
  CHECK(client_language("\x12\x01\0\x2f\0\0\1\0"s) == "TDS (SQL Server)");
  CHECK(client_language("GET / HTTP/1.1\r\n") == "HTTP");
  CHECK(client_language("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "HTTP");
  CHECK(client_language("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n") == "the PROXY protocol");
  CHECK(client_language("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s) == "the PROXY protocol");
  CHECK(client_language("SSH-2.0-OpenSSH_9.2\r\n") == "SSH");
}

TEST_CASE("too few bytes, and those of nobody whom we know, are no client's words") {
  const std::string ssl_request = "\0\0\0\x08\x04\xd2\x16\x2f"s;
  for (std::size_t size = 0; size < ssl_request.size(); ++size) {
    CHECK(client_language(ssl_request.substr(0, size)).empty());
  }
  CHECK(client_language("\0\0\0\x07\x04\xd2\x16\x2f"s).empty());  // shorter than itself
  CHECK(client_language("\0\0\0\x08\x04\xd2\x16\x31"s).empty());
  CHECK(client_language("\0\1\0\x08\0\3\0\0"s).empty());  // longer than a server reads
  CHECK(client_language("*").empty());
  CHECK(client_language("*x").empty());
  CHECK(client_language("GETTING").empty());
  CHECK(client_language("\x12\x01\0\x2f"s).empty());
  CHECK(client_language("hello").empty());
}
