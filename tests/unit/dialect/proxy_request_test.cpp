#include "persona/dialect/proxy_request.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "persona/base/text.hpp"

using namespace persona;
using namespace persona::dialect;
using namespace std::string_literals;
using Said = Dialogue::State;

namespace {

/// A connection to a proxy.
struct AskedProxy {
  explicit AskedProxy(const std::string& url, const std::string& password = "",
                      const std::string& target = "db.example.com:5433")
      : dialogue(ask_proxy(*Proxy::parse(url), password, *Endpoint::parse(target))) {
    dialogue->start(out);
  }

  Said send(std::string_view bytes) { return dialogue->received(as_bytes(bytes), out); }
  Said send_slowly(std::string_view bytes) {
    Said state = Said::wants_server;
    for (const char& one : bytes) {
      state = send({&one, 1});
    }
    return state;
  }
  /// What we have sent since it was asked last.
  std::string got() {
    std::string bytes(as_text(out.view()));
    out.clear();
    return bytes;
  }
  std::string rest() const { return std::string(as_text(dialogue->rest())); }
  bool says(std::string_view words) const { return dialogue->error().find(words) != std::string::npos; }

  std::unique_ptr<Dialogue> dialogue;
  Buffer out;
};

const std::string plain_http = "http://proxy:3128";
const std::string http_of_alice = "http://alice@proxy:3128";
const std::string plain_socks = "socks5://proxy:1080";
const std::string socks_of_alice = "socks5://alice@proxy:1080";

// RFC 1928 section 4: the request for db.example.com:5433.
const std::string socks_request = "\x05\x01\0\x03\x0e"s + "db.example.com" + "\x15\x39";
const std::string socks_granted = "\x05\0\0\x01\x7f\0\0\x01\x10\x20"s;

}  // namespace

TEST_CASE("HTTP: CONNECT names the gateway, and any 2xx is the way to it") {
  for (const char* answer : {"HTTP/1.1 200 Connection established\r\n\r\n",
                             "HTTP/1.0 200 OK\r\nServer: x\r\n\r\n", "HTTP/1.1 204\nContent-Length: 5\n\n",
                             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
                             "HTTP/1.1 299 \r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(answer);
    AskedProxy whole(plain_http);
    CHECK(whole.got() == "CONNECT db.example.com:5433 HTTP/1.1\r\nHost: db.example.com:5433\r\n\r\n");
    CHECK(whole.send(answer + "\x16\x03"s) == Said::agreed);
    CHECK(whole.rest() == "\x16\x03");
    AskedProxy slow(plain_http);
    CHECK(slow.send_slowly(answer) == Said::agreed);
    CHECK(slow.rest().empty());
    CHECK(slow.dialogue->error().empty());
  }
}

TEST_CASE("HTTP: what the target is called") {
  CHECK(AskedProxy(plain_http, "", "[2001:db8::1]:5433")
            .got()
            .find("CONNECT [2001:db8::1]:5433 HTTP/1.1\r\n") == 0);
  CHECK(AskedProxy(plain_http, "", "db.example.com.:5433").got().find("CONNECT db.example.com:5433 ") == 0);
}

TEST_CASE("HTTP: user and password go by Basic") {
  // The example of RFC 7617 section 2, and what two and one bytes at the end become.
  CHECK(AskedProxy("http://Aladdin@proxy:1", "open sesame")
            .got()
            .find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n") !=
        std::string::npos);
  CHECK(AskedProxy("http://a@proxy:1", "bc").got().find("Basic YTpiYw==\r\n") != std::string::npos);
  CHECK(AskedProxy("http://a@proxy:1", "bcd").got().find("Basic YTpiY2Q=\r\n") != std::string::npos);
  CHECK(AskedProxy("http://a@proxy:1", "\xff").got().find("Basic YTr/\r\n") != std::string::npos);
}

TEST_CASE("HTTP: a refusal says what to do, and quotes the status line") {
  struct Refusal {
    std::string answer;
    std::string words;
  };
  const std::vector<Refusal> all = {
      {"HTTP/1.1 403 Forbidden\r\n\r\n",
       "forbids the way to db.example.com:5433 (\"HTTP/1.1 403 Forbidden\")"},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n",
       "does not get through to db.example.com:5433 (\"HTTP/1.1 503"},
      {"HTTP/1.0 500 Unable to connect\r\n\r\n", "does not get through to"},
      {"HTTP/1.1 405 Not Allowed\r\n\r\n",
       "does not take CONNECT (\"HTTP/1.1 405 Not Allowed\"): is it a proxy?"},
      {"HTTP/1.1 302 Found\r\n\r\n", "opens no way to db.example.com:5433 (\"HTTP/1.1 302 Found\")"},
      {"HTTP/1.1 403 \x1b[2J\xff\r\n\r\n", "(\"HTTP/1.1 403 \\u001b[2J\\xff\")"},
      {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n",
       "wants a user and a password: write proxy: http://USER@HOST:PORT and password_file: FILE below "
       "gateway.via"},
      {"HTTP/1.1 407 A\r\nproxy-authenticate: \tNegotiate\r\nProxy-Authenticate: NTLM abc\r\n\r\n",
       "by negotiate or ntlm, of which persona knows only basic"},
  };
  for (const auto& [answer, words] : all) {
    const auto& captured = answer;
    CAPTURE(captured);
    AskedProxy whole(plain_http);
    CHECK(whole.send(answer + "body") == Said::failed);
    CHECK_MESSAGE(whole.says(words), whole.dialogue->error());
    CHECK(printable(whole.dialogue->error()) == whole.dialogue->error());
    AskedProxy slow(plain_http);
    CHECK(slow.send_slowly(answer) == Said::failed);
    CHECK(slow.dialogue->error() == whole.dialogue->error());
  }
  AskedProxy alice(http_of_alice, "secret");
  CHECK(alice.send(
            "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: BASIC realm=\"a\"\r\n\r\n") ==
        Said::failed);
  CHECK(alice.says("does not accept the user \"alice\" with the password in gateway.via.password_file"));
  CHECK_FALSE(alice.says("secret"));
  AskedProxy other(http_of_alice, "secret");
  CHECK(other.send("HTTP/1.0 401 Unauthorized\r\n\r\n") == Said::failed);
  CHECK(other.says("does not accept the user \"alice\""));
}

TEST_CASE("HTTP: a status line is quoted up to a limit") {
  AskedProxy proxy(plain_http);
  CHECK(proxy.send("HTTP/1.1 403 " + std::string(5000, '\x01') + "\r\n\r\n") == Said::failed);
  CHECK(proxy.dialogue->error().size() < 1600);
}

TEST_CASE("HTTP: what is no answer of a proxy's fails at once") {
  struct Garbage {
    std::string bytes;
    std::string words;
  };
  const std::vector<Garbage> all = {
      {"\x15\x03\x01\0\x02\x02\x46"s, "speaks TLS"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "is an SSH server and not an HTTP proxy: look at gateway.via"},
      {"\x05\xff"s, "answers as a SOCKS5 proxy does, and not as an HTTP proxy: write socks5://"},
      {"\1\xff"s, "does not answer as an HTTP proxy does, but with \"\\u0001\\xff\""},
      {"HTTP/2 200 OK\r\n\r\n", "and not an HTTP proxy"},
      {"HTTP/1.1 20 OK\r\n\r\n", "HTTP proxy"},
      {"HTTP/1.1200 OK\r\n\r\n", "HTTP proxy"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "HTTP proxy"},
  };
  for (const auto& [bytes, words] : all) {
    const auto& captured = bytes;
    CAPTURE(captured);
    AskedProxy proxy(plain_http);
    CHECK(proxy.send(bytes) == Said::failed);
    CHECK_MESSAGE(proxy.says(words), proxy.dialogue->error());
    CHECK(proxy.send("HTTP/1.1 200 OK\r\n\r\n") == Said::failed);
    CHECK(proxy.rest().empty());
  }
}

TEST_CASE("HTTP: a header may have 16 KiB, all answers together") {
  const std::string begin = "HTTP/1.1 200 OK\r\nX: ";
  const std::string fits = begin + std::string(longest_proxy_answer - begin.size() - 4, 'x');
  AskedProxy proxy(plain_http);
  CHECK(proxy.send(fits + "\r\n\r\nrest") == Said::agreed);
  CHECK(proxy.rest() == "rest");
  for (const std::string& bytes : {fits + "x\r\n\r\n", fits + "xxxxx"}) {
    AskedProxy whole(plain_http);
    CHECK(whole.send(bytes) == Said::failed);
    CHECK(whole.says("more than 16 KiB of header"));
    AskedProxy slow(plain_http);
    CHECK(slow.send_slowly(bytes) == Said::failed);
  }
  AskedProxy patient(plain_http);
  Said state = Said::wants_server;
  for (int i = 0; i < 700 && state == Said::wants_server; ++i) {
    state = patient.send("HTTP/1.1 100 Continue\r\n\r\n");
  }
  CHECK(state == Said::failed);
  CHECK(patient.says("more than 16 KiB of header"));
}

TEST_CASE("a proxy that leaves") {
  for (const std::string& url : {plain_http, plain_socks}) {
    AskedProxy silent(url);
    silent.dialogue->ended();
    CHECK(silent.says("ended the connection without a word"));
    AskedProxy early(url);
    early.send(url == plain_http ? "HTTP/1.1 200 O" : "\5");
    early.dialogue->ended();
    CHECK(early.says("before it had answered whether there is a way to db.example.com:5433"));
  }
}

TEST_CASE("SOCKS5: nobody is greeted, and asked for the name") {
  for (const bool slowly : {false, true}) {
    AskedProxy proxy(plain_socks);
    const auto send = [&](const std::string& bytes) {
      return slowly ? proxy.send_slowly(bytes) : proxy.send(bytes);
    };
    CHECK(proxy.got() == "\5\1\0"s);
    CHECK(send("\5\0"s) == Said::wants_server);
    CHECK(proxy.got() == socks_request);
    CHECK(proxy.send("\5\0\0"s) == Said::wants_server);
    CHECK(proxy.send("\1\x7f\0\0\1\x10"s) == Said::wants_server);
    CHECK(proxy.send("\x20rest") == Said::agreed);
    CHECK(proxy.rest() == "rest");
    CHECK(proxy.got().empty());
  }
}

TEST_CASE("SOCKS5: a numeric target is one, and the address in the reply may have any form") {
  AskedProxy v4(plain_socks, "", "192.0.2.7:5433");
  v4.got();
  v4.send("\5\0"s);
  CHECK(v4.got() == "\5\1\0\1\xc0\0\2\7\x15\x39"s);
  CHECK(v4.send("\5\0\0\3\4name\x10\x20"s) == Said::agreed);
  CHECK(v4.rest().empty());
  AskedProxy v6(plain_socks, "", "[2001:db8::7]:5433");
  v6.got();
  v6.send("\5\0"s);
  CHECK(v6.got() == "\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x15\x39"s);
  CHECK(v6.send("\5\0\0\4"s + std::string(18, 'x')) == Said::agreed);
  CHECK(v6.rest().empty());
}

TEST_CASE("SOCKS5: user and password, if the proxy wants them") {
  AskedProxy asked(socks_of_alice, "secret");
  CHECK(asked.got() == "\5\2\0\2"s);
  CHECK(asked.send("\5\2") == Said::wants_server);
  CHECK(asked.got() == "\1\5alice\6secret");
  CHECK(asked.send("\1\0"s) == Said::wants_server);
  CHECK(asked.got() == socks_request);
  CHECK(asked.send(socks_granted) == Said::agreed);
  AskedProxy not_asked(socks_of_alice, "secret");
  not_asked.got();
  not_asked.send("\5\0"s);
  CHECK(not_asked.got() == socks_request);
  AskedProxy refused(socks_of_alice, "secret");
  refused.send("\5\2");
  CHECK(refused.send("\1\1") == Said::failed);
  CHECK(refused.says("does not accept the user \"alice\" with the password in gateway.via.password_file"));
  CHECK_FALSE(refused.says("secret"));
}

TEST_CASE("SOCKS5: refusals and garbage say what to do") {
  struct Refusal {
    std::string answer;
    std::string words;
  };
  const std::vector<Refusal> all = {
      {"\5\xff", "wants a user and a password: write proxy: socks5://USER@HOST:PORT"},
      {"\5\2", "chose method 2 of authentication, which was not offered"},
      {"\5\0\5\2"s, "opens no way to db.example.com:5433: not allowed by its rules (reply 2)"},
      {"\5\0\5\5\0\1\0\0\0\0\0\0"s, "connection refused (reply 5)"},
      {"\5\0\5\x63"s, "unknown to RFC 1928 (reply 99)"},
      {"\5\0\5\0\0\2\0\0"s, "does not answer as a SOCKS5 proxy does"},
      {"\5\0H\0"s, "does not answer as a SOCKS5 proxy does"},
      {"HTTP/1.1 400 Bad Request\r\n", "is an HTTP server and not a SOCKS5 proxy"},
      {"\4\x5a", "does not answer as a SOCKS5 proxy does"},
  };
  for (const auto& [answer, words] : all) {
    const auto& captured = words;
    CAPTURE(captured);
    AskedProxy whole(plain_socks);
    CHECK(whole.send(answer) == Said::failed);
    CHECK_MESSAGE(whole.says(words), whole.dialogue->error());
    CHECK(whole.rest().empty());
    AskedProxy slow(plain_socks);
    CHECK(slow.send_slowly(answer) == Said::failed);
  }
  AskedProxy alice(socks_of_alice, "secret");
  CHECK(alice.send("\5\xff") == Said::failed);
  CHECK(alice.says("in another way than by a password"));
}
