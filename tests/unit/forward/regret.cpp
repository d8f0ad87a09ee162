#include "forward/regret.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

namespace {

constexpr Reason all_reasons[] = {Reason::local_closed,
                                  Reason::gateway_closed,
                                  Reason::local_reset,
                                  Reason::gateway_reset,
                                  Reason::truncated,
                                  Reason::dial_failed,
                                  Reason::dial_timeout,
                                  Reason::handshake_failed,
                                  Reason::handshake_timeout,
                                  Reason::verify_failed,
                                  Reason::client_certificate_refused,
                                  Reason::idle_timeout,
                                  Reason::half_close_timeout,
                                  Reason::max_age,
                                  Reason::closed_by_administrator,
                                  Reason::limit_reached,
                                  Reason::access_denied,
                                  Reason::protocol_error,
                                  Reason::shutdown};

std::string sentence(const End& why, config::Mode mode) {
  const auto regret = regret_for(why, mode, mode == config::Mode::persona ? "db:5433" : "pg", 17);
  return regret ? regret->sentence : "";
}

}  // namespace

TEST_CASE("a client is told of everything but its own doing, and what access refuses") {
  const auto told = [](config::Mode mode) {
    std::vector<Reason> found;
    for (const Reason reason : all_reasons) {
      if (!sentence(End(reason, "10.0.0.7: secret"), mode).empty()) {
        found.push_back(reason);
      }
    }
    return found;
  };
  CHECK(told(config::Mode::persona) ==
        std::vector{Reason::gateway_closed, Reason::gateway_reset, Reason::truncated, Reason::dial_failed,
                    Reason::dial_timeout, Reason::handshake_failed, Reason::handshake_timeout,
                    Reason::verify_failed, Reason::client_certificate_refused, Reason::idle_timeout,
                    Reason::half_close_timeout, Reason::max_age, Reason::closed_by_administrator,
                    Reason::limit_reached, Reason::protocol_error, Reason::shutdown});
  CHECK(told(config::Mode::gateway) ==
        std::vector{Reason::local_closed, Reason::local_reset, Reason::dial_failed, Reason::dial_timeout,
                    Reason::idle_timeout, Reason::half_close_timeout, Reason::max_age,
                    Reason::closed_by_administrator, Reason::limit_reached, Reason::shutdown});
}

TEST_CASE("it names the far side, the cause and the connection, but nothing that only the log should have") {
  for (const Reason reason : all_reasons) {
    for (const auto mode : {config::Mode::persona, config::Mode::gateway}) {
      const std::string words = sentence(End(reason, "10.0.0.7: secret"), mode);
      CAPTURE(words);
      CHECK(words.find("secret") == std::string::npos);
      CHECK((words.empty() || words.find("(connection 17 in ") != std::string::npos));
      CHECK((words.empty() || words.find(mode == config::Mode::persona ? "gateway db:5433" : "service pg") !=
                                  std::string::npos));
    }
  }
  End why(Reason::verify_failed, "");
  why.verify_reason = "expired";
  CHECK(sentence(why, config::Mode::persona) ==
        "persona cannot reach the gateway db:5433: its certificate has expired (connection 17 in its log)");
  CHECK(sentence(Reason::max_age, config::Mode::gateway) ==
        "persona has ended a connection to the service pg that was as old as it may be (connection 17 in the "
        "gateway's log)");
  CHECK(
      sentence(Reason::dial_failed, config::Mode::gateway) ==
      "persona cannot reach the service pg: it cannot be connected to (connection 17 in the gateway's log)");
}
