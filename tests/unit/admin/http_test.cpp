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
