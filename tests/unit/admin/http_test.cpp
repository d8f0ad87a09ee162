#include "persona/admin/http.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

using namespace persona::admin;

TEST_CASE("a head ends with its empty line") {
  CHECK_FALSE(head_size("").has_value());
  CHECK_FALSE(head_size("GET / HTTP/1.1\r\nHost: x\r\n").has_value());
  CHECK(head_size("GET / HTTP/1.1\r\n\r\n") == 18);
  CHECK(head_size("GET / HTTP/1.1\r\n\r\nmore") == 18);
}

TEST_CASE("method and path are taken from the first line, without the query") {
  const auto request = parse_request("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(request.has_value());
  CHECK(request->method == "GET");
  CHECK(request->path == "/metrics");
  CHECK(request->query == "x=1");
  CHECK(parse_request("GET /? HTTP/1.1\r\n\r\n")->query.empty());
  CHECK(parse_request("GET /?a?b HTTP/1.1\r\n\r\n")->query == "a?b");
  CHECK(parse_request("HEAD / HTTP/1.0\r\n\r\n")->method == "HEAD");
}

TEST_CASE("the query is what follows the first question mark; a page's request is told by its Origin") {
  const auto request = parse_request("POST /sessions/close?id=1&peer=a?b HTTP/1.1\r\noRIGIN: null\r\n\r\n");
  REQUIRE(request.has_value());
  CHECK(request->path == "/sessions/close");
  CHECK(request->query == "id=1&peer=a?b");
  CHECK(request->has_origin);
  const auto other = parse_request("GET /sessions? HTTP/1.1\r\nX-Origin: x\r\n\r\n");
  CHECK(other->query.empty());
  CHECK_FALSE(other->has_origin);
}

TEST_CASE("what is no HTTP/1 request is none") {
  for (const char* head : {"", "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n",
                           "GET  HTTP/1.1\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
                           " / HTTP/1.1\r\n\r\n", "GET /\x01 HTTP/1.1\r\n\r\n", "\x16\x03\x01\r\n\r\n"}) {
    CAPTURE(head);
    CHECK_FALSE(parse_request(head).has_value());
  }
}

TEST_CASE("the Host is taken from its field; several, or a line that is no field, make no request") {
  CHECK_FALSE(parse_request("GET / HTTP/1.0\r\n\r\n")->host.has_value());
  CHECK(parse_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n")->host == "x");
  CHECK(parse_request("GET / HTTP/1.1\r\nA: b\r\nhOST:\t [::1]:9 \r\nC: d\r\n\r\n")->host == "[::1]:9");
  CHECK(parse_request("GET / HTTP/1.1\r\nHost:\r\n\r\n")->host == "");
  CHECK(parse_request("GET / HTTP/1.1\r\nHost: \t\r\n\r\n")->host == "");
  CHECK_FALSE(parse_request("GET / HTTP/1.1\r\nX-Host: x\r\n\r\n")->host.has_value());
  for (const char* fields : {"Host: x\r\nHost: x", "Host: localhost\r\nhost: x", "Host : x", " Host: x",
                             "Host", "A: b\r\n continued", ": x", "A: b\r\nGET / HTTP/1.1"}) {
    CAPTURE(fields);
    CHECK_FALSE(parse_request("GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n\r\n").has_value());
  }
}

TEST_CASE("how long its body is, and whether a web page sends it, is in its fields") {
  const auto with = [](const std::string& fields) {
    return parse_request("POST /quit HTTP/1.1\r\n" + fields + "\r\n\r\n");
  };
  CHECK(with("Content-Length: 0")->content_length == 0);
  CHECK(with("content-length:\t17 ")->content_length == 17);
  CHECK(with("Content-Length: 99999999999999999999999")->content_length ==
        std::numeric_limits<std::uint64_t>::max());
  for (const char* fields : {"Content-Length:", "Content-Length: -1", "Content-Length: 1, 1",
                             "Content-Length: 0x1", "Content-Length: 1\r\ncontent-length: 1"}) {
    CAPTURE(fields);
    CHECK_FALSE(with(fields).has_value());
  }
  CHECK_FALSE(with("A: b")->has_origin);
  CHECK(with("oRIGIN: null")->has_origin);
  CHECK_FALSE(with("A: b")->is_encoded);
  CHECK(with("Transfer-Encoding: identity")->is_encoded);
}

TEST_CASE("only addresses and localhost are hosts of this machine, whatever the port") {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9901", "192.0.2.1:80", "[::1]", "[::1]:9901", "[2001:db8::1]:", "localhost",
        "localhost:9901", "LocalHost", "localhost.", "localhost.:9901", "[::ffff:127.0.0.1]"}) {
    CAPTURE(host);
    CHECK(is_host_of_this_machine(host));
  }
  for (const char* host : {"",
                           ":",
                           ":9901",
                           "example.com",
                           "example.com:9901",
                           "localhost.example.com",
                           "127.0.0.1.example.com",
                           "localhost..",
                           "127.0.0.1.",
                           "127.1",
                           "0x7f.0.0.1",
                           "::1",
                           "[::1",
                           "[",
                           "[]",
                           "[localhost]",
                           "[127.0.0.1]",
                           "[::1]x",
                           "[::1]:x",
                           "127.0.0.1:9901:1",
                           "localhost:http",
                           "localhost@example.com",
                           "127.0.0.1 x",
                           "localhost,example.com",
                           "xn--localhost-"}) {
    CAPTURE(host);
    CHECK_FALSE(is_host_of_this_machine(host));
  }
}

TEST_CASE("an answer says how long it is, and HEAD leaves the body out") {
  const Response response{404, "text/plain", "nothing\n"};
  const std::string whole = render(response, true);
  CHECK(whole.starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(whole.find("Content-Length: 8\r\n") != std::string::npos);
  CHECK(whole.find("Connection: close\r\n") != std::string::npos);
  CHECK(whole.ends_with("\r\n\r\nnothing\n"));
  CHECK(render(response, false) + "nothing\n" == whole);
  CHECK(whole.find("Allow") == std::string::npos);
  CHECK(render({405, "text/plain", "", "POST"}, true).find("\r\nAllow: POST\r\n") != std::string::npos);
  CHECK(whole.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  Response more = response;
  more.fields = "Referrer-Policy: no-referrer\r\n";
  CHECK(render(more, true).find("\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\nnothing\n") !=
        std::string::npos);
}
