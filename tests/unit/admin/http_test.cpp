#include "persona/admin/http.hpp"

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
  CHECK(parse_request("HEAD / HTTP/1.0\r\n\r\n")->method == "HEAD");
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
  CHECK(render({405, "text/plain", ""}, true).find("Allow: GET, HEAD\r\n") != std::string::npos);
}
