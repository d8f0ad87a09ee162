#include "persona/forward/recent_failures.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

TEST_CASE("the last failures are kept, the newest first") {
  RecentFailures failures;
  CHECK(failures.newest_first().empty());
  for (std::size_t i = 0; i < RecentFailures::most + 5; ++i) {
    failures.add({{}, Reason::dial_failed, std::to_string(i), "127.0.0.1:1", "db:2"});
  }
  const auto kept = failures.newest_first();
  REQUIRE(kept.size() == RecentFailures::most);
  CHECK(kept.front().error == std::to_string(RecentFailures::most + 4));
  CHECK(kept.back().error == "5");
  CHECK(kept.front().client == "127.0.0.1:1");
  CHECK(kept.front().target == "db:2");
}

TEST_CASE("a sentence that a peer has made long is cut, not within a character") {
  RecentFailures failures;
  std::string words;
  for (int i = 0; i < 5'000; ++i) {
    words += "\xc3\xa9";
  }
  failures.add({{}, Reason::handshake_failed, words, "", ""});
  CHECK(failures.newest_first().front().error == words.substr(0, 2 * RecentFailures::longest_error));
}
