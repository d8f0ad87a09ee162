#include "persona/admin/rules.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using persona::IpAddress;
using namespace persona::admin;

namespace {

/// 200: it is answered.
int status_of(const std::optional<Response>& refused) {
  return refused ? refused->status : 200;
}

Request asking(std::string_view method, std::string_view path, std::string_view host = "127.0.0.1:9901") {
  return {std::string(method), std::string(path), std::string(host)};
}

}  // namespace

TEST_CASE("a connection comes from this machine if both of its ends are loopback addresses") {
  const auto door = [](const char* local, const char* peer) {
    return door_of(IpAddress::parse(local), IpAddress::parse(peer));
  };
  CHECK(door("127.0.0.1", "127.0.0.1") == Door::loopback);
  CHECK(door("127.0.0.2", "127.9.9.9") == Door::loopback);
  CHECK(door("::1", "::1") == Door::loopback);
  CHECK(door("::ffff:127.0.0.1", "::ffff:127.0.0.1") == Door::loopback);
  CHECK(door("10.0.0.5", "10.0.0.5") == Door::network);
  CHECK(door("127.0.0.1", "10.0.0.9") == Door::network);
  CHECK(door("10.0.0.5", "127.0.0.1") == Door::network);
  CHECK(door("127.0.0.1", "") == Door::network);
  CHECK(door("", "127.0.0.1") == Door::network);
  CHECK(door("", "") == Door::network);
}

TEST_CASE(
    "other machines get what holds no secret, whatever the Host; of all else they are told where it is") {
  for (const char* path : {"/healthz", "/readyz", "/startup", "/metrics"}) {
    CAPTURE(path);
    for (const char* host : {"10.0.0.5:9901", "persona.monitoring.svc", "attacker.example", ""}) {
      CHECK_FALSE(refusal(asking("GET", path, host), Door::network).has_value());
      CHECK_FALSE(refusal(asking("HEAD", path, host), Door::network).has_value());
    }
    CHECK(status_of(refusal(asking("POST", path), Door::network)) == 405);
  }
  for (const char* path : {"/status", "/quit", "/", "/nothing", "/healthz/", "//healthz", "/metrics%00"}) {
    CAPTURE(path);
    for (const char* method : {"GET", "HEAD", "POST", "PUT"}) {
      const auto refused = refusal(asking(method, path), Door::network);
      REQUIRE(status_of(refused) == 403);
      CHECK(refused->body.find("/status") == std::string::npos);
      CHECK(refused->body.find("loopback address or a Unix socket") != std::string::npos);
    }
  }
}

TEST_CASE("on loopback the Host must be an address or localhost; at a Unix socket any will do") {
  for (const char* path : {"/healthz", "/status"}) {
    CAPTURE(path);
    CHECK_FALSE(refusal(asking("GET", path), Door::loopback).has_value());
    CHECK_FALSE(refusal({"GET", path}, Door::loopback).has_value());
    CHECK(status_of(refusal(asking("GET", path, "attacker.example"), Door::loopback)) == 421);
    CHECK_FALSE(refusal(asking("GET", path, "attacker.example"), Door::unix_socket).has_value());
  }
}

TEST_CASE("what is not there, and what is there for another method") {
  CHECK(status_of(refusal(asking("GET", "/nothing"), Door::loopback)) == 404);
  const auto refused = refusal(asking("POST", "/status"), Door::unix_socket);
  REQUIRE(status_of(refused) == 405);
  CHECK(refused->allow == "GET, HEAD");
  CHECK(status_of(refusal(asking("get", "/status"), Door::unix_socket)) == 405);
}

TEST_CASE("a body is read if it is short and its length is known") {
  Request request = asking("GET", "/status");
  request.content_length = longest_body;
  CHECK_FALSE(refusal(request, Door::loopback).has_value());
  request.content_length = longest_body + 1;
  CHECK(status_of(refusal(request, Door::loopback)) == 413);
  request.is_encoded = true;
  CHECK(status_of(refusal(request, Door::loopback)) == 501);
}

TEST_CASE("only who is on this machine, and no web page, may tell it to quit, by POST") {
  for (const Door door : {Door::loopback, Door::unix_socket}) {
    Request request = asking("POST", "/quit");
    CHECK_FALSE(refusal(request, door).has_value());
    request.has_origin = true;
    CHECK(status_of(refusal(request, door)) == 403);
    for (const char* method : {"GET", "HEAD", "PUT"}) {
      const auto refused = refusal(asking(method, "/quit"), door);
      REQUIRE(status_of(refused) == 405);
      CHECK(refused->allow == "POST");
    }
  }
  CHECK(status_of(refusal(asking("POST", "/quit", "attacker.example"), Door::loopback)) == 421);
  CHECK(status_of(refusal(asking("POST", "/quit"), Door::network)) == 403);
}
