#include "persona/base/proxy.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace persona;

TEST_CASE("a proxy's URL has its kind, its address, and may have a user") {
  const auto http = Proxy::parse("http://proxy.example.com:3128");
  REQUIRE(http);
  CHECK(http->protocol == Proxy::Protocol::http);
  CHECK(http->address.host == "proxy.example.com");
  CHECK(http->address.port == 3128);
  CHECK(http->user.empty());
  CHECK(http->to_string() == "http://proxy.example.com:3128");
  const auto socks = Proxy::parse("SOCKS5://al%40ice%25@[::1]:1080/");
  REQUIRE(socks);
  CHECK(socks->protocol == Proxy::Protocol::socks5);
  CHECK(socks->user == "al@ice%");
  CHECK(socks->to_string() == "socks5://[::1]:1080");
  CHECK(Proxy::parse("http://a@b@proxy:1")->user == "a@b");
  CHECK_FALSE(*http == *socks);
}

TEST_CASE("what is no proxy's URL is said in words") {
  struct Bad {
    const char* url;
    const char* words;
  };
  const std::vector<Bad> all = {
      {"proxy:3128", "the kind of proxy is missing; write http://HOST:PORT or socks5://HOST:PORT"},
      {"", "the kind of proxy is missing"},
      {"https://proxy:3128", "plain HTTP"},
      {"socks5h://proxy:1", "write socks5://"},
      {"socks4://proxy:1", "\"socks4\" is no kind of proxy that persona knows"},
      {"http://proxy", "has no port"},
      {"http://proxy:0", "port 0 cannot be dialled"},
      {"http://proxy:99999", "out of range"},
      {"http://", "the address is empty"},
      {"http://unix:/run/proxy", "over TCP"},
      {"http://proxy:1/path", "a proxy has no path"},
      {"http://proxy:1?a", "a proxy has no path"},
      {"http://@proxy:1", "the user has to be of 1 to 255 bytes"},
      {"http://a%3ab@proxy:1", "without a colon"},
      {"http://a%0ab@proxy:1", "cannot be seen"},
      {"http://a%0@proxy:1", "%25"},
      {"http://a%zz@proxy:1", "%25"},
  };
  for (const Bad& bad : all) {
    CAPTURE(bad.url);
    const auto proxy = Proxy::parse(bad.url);
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().message.find(bad.words) != std::string::npos);
    CHECK_FALSE(Proxy::has_password(bad.url));
  }
  CHECK_FALSE(Proxy::parse("http://" + std::string(256, 'a') + "@proxy:1"));
  CHECK(Proxy::parse("http://" + std::string(255, 'a') + "@proxy:1"));
}

TEST_CASE("a password in a URL is refused, and not repeated") {
  for (const char* url :
       {"http://alice:secret@proxy:1", "alice:secret@proxy:1", "http://alice:secret@@proxy:1",
        "ftp://:secret@proxy:1", "http://alice:sec/ret@proxy:1", "http://alice:secret@"}) {
    CAPTURE(url);
    const auto proxy = Proxy::parse(url);
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().message.find("a password has no place in a configuration") == 0);
    CHECK(proxy.error().message.find("secret") == std::string::npos);
    CHECK(Proxy::has_password(url));
  }
}
