#include "persona/admin/report.hpp"

#include <sstream>

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
                      {"ca", "CN=Older", 1'050'000'000}},
                     {{"a.example.com:1", "", false, std::nullopt},
                      {"b.example.com:2", "http://proxy:3128", true, 999'999'990}},
                     {{999'999'995, "dial_failed", "cannot say \"why\"", "127.0.0.1:5000", "b.example.com:2"},
                      {999'999'993, "access_denied", "not in", "192.0.2.1:7", ""}}},
                    {"a\"b\\c", "gateway", 0, false, 999'990'000, "x.yaml:1:1: wrong", {}, {}, {}}};
  state.services.back().restart_needed = {"threads"};
  return state;
}

/// The lines of a text that begin with `words`.
std::string lines_of(const std::string& text, const std::string& words) {
  std::string found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    found += line.starts_with(words) ? line + "\n" : "";
  }
  return found;
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

TEST_CASE("each event loop has its gauges") {
  State state = two_services();
  state.loops = {{12, 0}, {3, 87}};
  const std::string text = metrics(state);
  CHECK(has_line(text, "persona_loop_connections{loop=\"0\"} 12"));
  CHECK(has_line(text, "persona_loop_connections{loop=\"1\"} 3"));
  CHECK(has_line(text, "persona_loop_busy_ratio{loop=\"0\"} 0"));
  CHECK(has_line(text, "persona_loop_busy_ratio{loop=\"1\"} 0.87"));
}

TEST_CASE(
    "counters are there from the beginning, exact, and a histogram's buckets include the smaller ones") {
  State state = two_services();
  Measurements& measured = state.services.front().measurements;
  measured.ended = {{"local_closed", 12}, {"shutdown", 0}};
  measured.bytes_up = 123'456'789'012'345;
  measured.resumed_handshakes = {{{0.0005, 3}, {0.001, 0}, {2.5, 4}}, 1, 12.25};
  measured.failed_handshakes = {{"expired", 2}};
  measured.key_exchanges = {{"x25519mlkem768", 6}, {"x25519", 0}};
  measured.lookups = {{"found", 5}};
  state.log_lines_lost = 17;
  const std::string text = metrics(state);
  CHECK(lines_of(text, "persona_connections_total{") ==
        "persona_connections_total{service=\"pg\",reason=\"local_closed\"} 12\n"
        "persona_connections_total{service=\"pg\",reason=\"shutdown\"} 0\n");
  CHECK(has_line(text, "# TYPE persona_bytes_total counter"));
  CHECK(has_line(text, "persona_bytes_total{service=\"pg\",direction=\"up\"} 123456789012345"));
  CHECK(has_line(text, "persona_bytes_total{service=\"pg\",direction=\"down\"} 0"));
  const std::string resumed = "persona_handshake_duration_seconds_";
  CHECK(has_line(text, "# TYPE persona_handshake_duration_seconds histogram"));
  for (const char* line :
       {"bucket{service=\"pg\",resumed=\"true\",le=\"0.0005\"} 3",
        "bucket{service=\"pg\",resumed=\"true\",le=\"0.001\"} 3",
        "bucket{service=\"pg\",resumed=\"true\",le=\"2.5\"} 7",
        "bucket{service=\"pg\",resumed=\"true\",le=\"+Inf\"} 8", "count{service=\"pg\",resumed=\"true\"} 8",
        "sum{service=\"pg\",resumed=\"true\"} 12.25"}) {
    CAPTURE(line);
    CHECK(has_line(text, resumed + line));
  }
  CHECK(has_line(text, "persona_handshake_failures_total{service=\"pg\",reason=\"expired\"} 2"));
  CHECK(lines_of(text, "persona_key_exchanges_total{") ==
        "persona_key_exchanges_total{service=\"pg\",group=\"x25519mlkem768\"} 6\n"
        "persona_key_exchanges_total{service=\"pg\",group=\"x25519\"} 0\n");
  CHECK(status(state).find("\"x25519mlkem768\": 6") != std::string::npos);
  CHECK(has_line(text, "persona_lookups_total{service=\"pg\",result=\"found\"} 5"));
  CHECK(has_line(text, "persona_log_lines_dropped_total 17"));
}

TEST_CASE(
    "an address is up until it fails; when it failed last is there once it has; twice the same is one") {
  State state = two_services();
  auto& targets = state.services.front().targets;
  targets[1].fails = true;
  targets.push_back(targets[0]);
  targets.back().fails = true;
  targets.back().failed_at = 999'999'995;
  const std::string text = metrics(state);
  CHECK(lines_of(text, "persona_gateway_up{") ==
        "persona_gateway_up{service=\"pg\",address=\"a.example.com:1\"} 1\n"
        "persona_gateway_up{service=\"pg\",address=\"b.example.com:2\"} 0\n");
  CHECK(
      lines_of(text, "persona_gateway_last_failure_timestamp_seconds{") ==
      "persona_gateway_last_failure_timestamp_seconds{service=\"pg\",address=\"a.example.com:1\"} 999999995\n"
      "persona_gateway_last_failure_timestamp_seconds{service=\"pg\",address=\"b.example.com:2\"} "
      "999999990\n");
}

TEST_CASE("what the system does not tell of the process is left out") {
  State state = two_services();
  state.process = {1'000.5, 12.5, 4'096, std::nullopt, 30, std::nullopt};
  const std::string text = metrics(state);
  CHECK(lines_of(text, "process_") ==
        "process_cpu_seconds_total 12.5\nprocess_resident_memory_bytes 4096\nprocess_open_fds 30\n"
        "process_start_time_seconds 1000.5\n");
  CHECK(text.find("process_max_fds") == std::string::npos);
}

TEST_CASE("what waits for a restart, and what could not be started") {
  State state = two_services();
  state.services.front().state = ServiceState::refused;
  const std::string text = metrics(state);
  CHECK(has_line(text, "persona_config_restart_needed{service=\"pg\"} 0"));
  CHECK(has_line(text, "persona_config_restart_needed{service=\"a\\\"b\\\\c\"} 1"));
  CHECK(text.find("success_timestamp_seconds{service=\"pg\"}") == std::string::npos);  // there was none
  const std::string told = status(state);
  CHECK(told.find("\"state\": \"refused\"") != std::string::npos);
  CHECK(told.find("\"state\": \"running\"") != std::string::npos);
  CHECK(told.find("\"threads\"") != std::string::npos);
}

TEST_CASE("the status says the same, with days and reasons") {
  const std::string text = status(two_services());
  CHECK(text.find("\"name\": \"CN=client\"") != std::string::npos);
  CHECK(text.find("\"days_left\": 10") != std::string::npos);
  CHECK(text.find("x.yaml:1:1: wrong") != std::string::npos);
}

TEST_CASE("the status says how each address is that a service dials") {
  const std::string text = status(two_services());
  CHECK(text.find(R"("targets": [
    {
     "address": "a.example.com:1",
     "resting": false,
     "failed_at": null
    },
    {
     "address": "b.example.com:2",
     "via": "http://proxy:3128",
     "resting": true,
     "failed_at": 999999990
    }
   ])") != std::string::npos);
}

TEST_CASE("the status says which connections failed last") {
  const std::string text = status(two_services());
  CHECK(text.find(R"("failures": [
    {
     "at": 999999995,
     "reason": "dial_failed",
     "error": "cannot say \"why\"",
     "client": "127.0.0.1:5000",
     "target": "b.example.com:2"
    },
    {
     "at": 999999993,
     "reason": "access_denied",
     "error": "not in",
     "client": "192.0.2.1:7",
     "target": ""
    }
   ])") != std::string::npos);
  CHECK(text.find("\"failures\": []") != std::string::npos);
}

TEST_CASE("ready until it drains, healthy as long as it answers") {
  State state = two_services();
  CHECK(answer(state, {"GET", "/readyz"}).status == 200);
  state.draining = true;
  CHECK(answer(state, {"GET", "/readyz"}).status == 503);
  CHECK(answer(state, {"GET", "/healthz"}).status == 200);
  CHECK(answer(state, {"GET", "/startup"}).status == 200);
  CHECK(answer(state, {"GET", "/metrics"}).content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer(state, {"GET", "/status"}).content_type == "application/json");
  CHECK(answer(state, {"GET", "/x"}).status == 404);
}

TEST_CASE("the page is whole, and its policy lets run nothing but what it knows by digest") {
  const Response page = answer(two_services(), {"GET", "/"});
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body.starts_with("<!DOCTYPE html>\n"));
  CHECK(page.body.ends_with("</html>\n"));
  CHECK(page.fields.find("Content-Security-Policy: default-src 'none'; script-src 'sha256-") == 0);
  CHECK(page.fields.find("unsafe") == std::string::npos);
  CHECK(page.fields.ends_with("\r\n"));
}
