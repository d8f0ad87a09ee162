#include "persona/admin/report.hpp"

#include <doctest/doctest.h>

using namespace persona::admin;

namespace {

State two_services() {
  State state;
  state.version = "1.2.3";
  state.now = 1'000'000'000;
  state.services = {{"pg",
                     "persona",
                     7,
                     true,
                     999'999'000,
                     "",
                     {{"leaf", "CN=client", 1'000'864'000},
                      {"ca", "CN=Old", 1'100'000'000},
                      {"ca", "CN=Older", 1'050'000'000}}},
                    {"a\"b\\c", "gateway", 0, false, 999'990'000, "x.yaml:1:1: wrong", {}}};
  return state;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("each service has its gauges, each role its first expiry") {
  const std::string text = metrics(two_services());
  CHECK(has_line(text, "# TYPE persona_certificate_not_after_timestamp_seconds gauge"));
  CHECK(has_line(text,
                 "persona_certificate_not_after_timestamp_seconds{service=\"pg\",role=\"leaf\"} 1000864000"));
  CHECK(has_line(text,
                 "persona_certificate_not_after_timestamp_seconds{service=\"pg\",role=\"ca\"} 1050000000"));
  CHECK(has_line(text, "persona_config_last_reload_successful{service=\"pg\"} 1"));
  CHECK(has_line(text, "persona_config_last_reload_successful{service=\"a\\\"b\\\\c\"} 0"));
  CHECK(has_line(text, "persona_config_last_reload_success_timestamp_seconds{service=\"pg\"} 999999000"));
  CHECK(has_line(text, "persona_connections_active{service=\"pg\"} 7"));
  CHECK(has_line(text, "persona_build_info{version=\"1.2.3\"} 1"));
}

TEST_CASE("the status says the same, with days and reasons") {
  const std::string text = status(two_services());
  CHECK(text.find("\"name\": \"CN=client\"") != std::string::npos);
  CHECK(text.find("\"days_left\": 10") != std::string::npos);
  CHECK(text.find("x.yaml:1:1: wrong") != std::string::npos);
}

TEST_CASE("ready until it drains, healthy as long as it answers") {
  State state = two_services();
  CHECK(answer(state, {"GET", "/readyz"}).status == 200);
  state.draining = true;
  CHECK(answer(state, {"GET", "/readyz"}).status == 503);
  CHECK(answer(state, {"GET", "/healthz"}).status == 200);
  CHECK(answer(state, {"GET", "/metrics"}).content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer(state, {"GET", "/status"}).content_type == "application/json");
  CHECK(answer(state, {"GET", "/"}).status == 404);
}
