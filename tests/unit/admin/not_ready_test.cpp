#include "persona/admin/not_ready.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace persona::admin;

namespace {

constexpr std::int64_t this_day = 1'000'000'000;  // 2001-09-09
constexpr std::int64_t before = this_day - 1;

State of_one(std::vector<CertificateState> certificates, std::vector<TargetState> targets = {}) {
  State state;
  state.now = this_day;
  state.services.resize(1);
  state.services[0].name = "pg";
  state.services[0].mode = "persona";
  state.services[0].certificates = std::move(certificates);
  state.services[0].targets = std::move(targets);
  return state;
}

bool is_only_reason(const State& state, const std::string& sentence) {
  return not_ready(state) == std::vector{sentence};
}

}  // namespace

TEST_CASE("what has expired of that which nothing works without is a reason") {
  const CertificateState good{"leaf", "CN=a", this_day};
  CHECK(not_ready(of_one({good, {"ca", "CN=Old", before}, {"ca", "CN=New", this_day}})).empty());
  CHECK(not_ready(of_one({good, {"intermediate", "CN=i", before}, {"gateway", "CN=g", before}})).empty());
  CHECK(is_only_reason(of_one({{"leaf", "CN=a", before}}),
                       "pg: its own certificate CN=a has expired on 2001-09-09: have it renewed"));
  CHECK(is_only_reason(of_one({good, {"ca", "CN=Old", before}}),
                       "pg: every CA of trust.ca has expired, CN=Old on 2001-09-09: nobody can be verified"));
  State state = of_one({good, {"crl", "CN=CA (/etc/ca.crl)", before}});
  CHECK(is_only_reason(state,
                       "pg: a revocation list of trust.crl has expired on 2001-09-09: whom it is about is "
                       "refused until it is renewed"));
  state.services[0].expired_crls_allowed = true;
  CHECK(not_ready(state).empty());
}

TEST_CASE(
    "gateways that cannot be reached are a reason if the configuration says so, and if it is all of them") {
  State state = of_one({}, {{"a:1", "", true, this_day}, {"b:2", "", true, this_day}});
  CHECK(not_ready(state).empty());
  state.services[0].ready_if_reached = true;
  CHECK(is_only_reason(state, "pg: none of its 2 gateways could be reached, a:1 among them"));
  state.services[0].targets[1].resting = false;
  CHECK(not_ready(state).empty());
  state.services[0].targets.erase(state.services[0].targets.begin() + 1);
  CHECK(is_only_reason(state, "pg: the gateway a:1 could not be reached"));
  state.services[0].mode = "gateway";
  CHECK(is_only_reason(state, "pg: the service a:1 could not be reached"));
}

TEST_CASE("/readyz has a line for each reason, the status has the same") {
  State state = of_one({{"leaf", "CN=a", before}});
  state.draining = true;
  const Response response = answer(state, {"GET", "/readyz"});
  CHECK(response.status == 503);
  CHECK(response.body.starts_with("draining: "));
  CHECK(response.body.find("\npg: its own certificate") != std::string::npos);
  CHECK(status(state).find("\"ready\": false") != std::string::npos);
  CHECK(status(state).find("  \"pg: its own certificate") != std::string::npos);
  CHECK(status(of_one({})).find("\"ready\": true,\n \"not_ready\": []") != std::string::npos);
}
