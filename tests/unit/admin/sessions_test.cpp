#include "persona/admin/sessions.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::admin;

TEST_CASE("what a query means, and back") {
  const auto query = parse_session_query("id=17&id=18&service=pg&peer=CN%3dl%C3%A4ptop%2C+x");
  REQUIRE(query.has_value());
  CHECK(query->ids == std::vector<std::uint64_t>{17, 18});
  CHECK(query->service == "pg");
  CHECK(query->peer == "CN=l\xc3\xa4ptop,+x");  // a "+" is one: pins have it
  CHECK(to_query(*query) == "?id=17&id=18&service=pg&peer=CN%3Dl%C3%A4ptop%2C%2Bx");
  CHECK(parse_session_query("")->empty());
  CHECK(to_query({}).empty());
}

TEST_CASE("a query that means nothing is refused in words") {
  const auto why = [](std::string_view query) { return parse_session_query(query).error().message; };
  CHECK(why("id=x") == "\"x\" is no id of a connection: it is a number, as in the log");
  CHECK(why("id=-1") == "\"-1\" is no id of a connection: it is a number, as in the log");
  CHECK(why("id=99999999999999999999") ==
        "\"99999999999999999999\" is no id of a connection: it is a number, as in the log");
  CHECK(why("id") == "id is empty");
  CHECK(why("peer=") == "peer is empty");
  CHECK(why("all=1") == "\"all\" is unknown: there are id, service and peer");
  CHECK(why("&id=1") == "\"\" is unknown: there are id, service and peer");
  CHECK(why("service=a&service=b") == "there is more than one service");
  for (const char* query : {"peer=%", "peer=%4", "peer=%4g", "%zz=1"}) {
    CAPTURE(query);
    CHECK(why(query).find("is not followed by two hexadecimal digits") != std::string::npos);
  }
  std::string many = "id=1";
  for (std::size_t i = 1; i < SessionQuery::most_ids; ++i) {
    many += "&id=1";
  }
  CHECK(parse_session_query(many).has_value());
  CHECK(why(many + "&id=1") == "there are more than 100 ids: ask once more for the others");
}

TEST_CASE("what is written is read again; what is not there yet is null") {
  const std::vector<SessionState> sessions{
      {7, "pg", "127.0.0.1:5000", "db:2", "CN=\"x\"", "TLS_AES_128_GCM_SHA256", "TLSv1.3", "x25519mlkem768",
       "open", 1234, 5, 6},
      {8, "pg", "[::1]:1", "", "", "", "", "", "connecting", 0, 0, 0}};
  const std::string json = render_sessions(1'000'000'000, sessions, 3);
  CHECK(json.find(R"({"now":1000000000,"sessions":[{"id":"7","service":"pg")") == 0);
  CHECK(json.find(
            R"("target":"","peer":null,"cipher":null,"version":null,"group":null,"state":"connecting")") !=
        std::string::npos);
  const auto list = read_sessions(json);
  REQUIRE(list.has_value());
  REQUIRE(list->sessions.size() == 2);
  CHECK(list->more == 3);
  CHECK(list->sessions[0].id == 7);
  CHECK(list->sessions[0].peer == "CN=\"x\"");
  CHECK(list->sessions[0].group == "x25519mlkem768");
  CHECK(list->sessions[0].age_ms == 1234);
  CHECK(list->sessions[0].bytes_down == 6);
  CHECK(list->sessions[1].cipher.empty());
  CHECK(read_closed(render_closed(12)) == 12);
}

TEST_CASE("what another program answers is not taken for a list") {
  for (const char* json :
       {"", "{", "[]", "null", "{}", R"({"sessions":1})", R"({"sessions":[1]})", "<html>"}) {
    CAPTURE(json);
    CHECK_FALSE(read_sessions(json).has_value());
    CHECK_FALSE(read_closed(json).has_value());
  }
  const auto odd = read_sessions(R"({"sessions":[{"id":7,"peer":3,"age_ms":-1}],"more":"x"})");
  REQUIRE(odd.has_value());
  CHECK(odd->sessions[0].id == 0);
  CHECK(odd->sessions[0].age_ms == 0);
  CHECK(odd->more == 0);
}
