#include "persona/doctor/report.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace persona;
using namespace persona::doctor;

namespace {

Report a_report() {
  Report report{"pg", "conf/pg.yaml"};
  report.steps.push_back({Kind::connect, State::good, "10.0.0.1:5433", "connected to 10.0.0.1:5433"});
  report.steps.back().took = Milliseconds(3);
  report.steps.push_back({Kind::handshake, State::failed, "10.0.0.1:5433", "it says \x1b[31m\xff", "look"});
  return report;
}

}  // namespace

TEST_CASE("a report as text: a line for each step, and nothing of a peer's reaches the terminal") {
  CHECK(render_text(a_report(), false) ==
        "pg (conf/pg.yaml): plaintext in, mTLS out\n"
        "  ok    connect        connected to 10.0.0.1:5433 (3 ms)\n"
        "  FAIL  handshake      it says \\u001b[31m\\xff\n"
        "                       what to do: look\n"
        "  FAIL  1 step has failed\n");
  const std::string coloured = render_text(a_report(), true);
  CHECK(coloured.find("\x1b[32mok  \x1b[0m") != std::string::npos);
  CHECK(coloured.find("\x1b[1;31mFAIL\x1b[0m") != std::string::npos);
}

TEST_CASE("a report as JSON is well-formed whatever a peer has said") {
  Report good{"redis", "redis.yaml", config::Mode::gateway};
  good.steps.push_back({Kind::service, State::warning, "", "hm"});
  const auto json = nlohmann::json::parse(render_json({a_report(), good}));
  CHECK(json["ok"] == false);
  CHECK(json["services"][0]["ok"] == false);
  CHECK(json["services"][0]["steps"][0]["milliseconds"] == 3);
  CHECK_FALSE(json["services"][0]["steps"][0].contains("fix"));
  CHECK(json["services"][0]["steps"][1]["fix"] == "look");
  CHECK(json["services"][1]["ok"] == true);
  CHECK(json["services"][1]["mode"] == "gateway");
  CHECK(json["services"][1]["steps"][0]["state"] == "warning");
}
