#include "persona/reload/expiry_watch.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "persona/trust/trust_store.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::reload;
using namespace std::chrono_literals;
using std::chrono::days;
using x509::TimePoint;

namespace {

const TimePoint end = TimePoint(days(20'000));

std::vector<Expiry> list(Expiry::Role role = Expiry::Role::leaf, const std::string& name = "CN=client",
                         TimePoint not_after = end) {
  return {{role, name, not_after}};
}

}  // namespace

TEST_CASE("a certificate is told of at 30, 7 and 1 days, then every hour, also once it has expired") {
  ExpiryNotices notices;
  std::vector<long> told;  // hours before the end
  for (long hours = 24 * 40; hours >= -3; --hours) {
    if (!notices.due(list(), end - std::chrono::hours(hours)).empty()) {
      told.push_back(hours);
    }
  }
  std::vector<long> expected = {30 * 24, 7 * 24};
  for (long hours = 24; hours >= -3; --hours) {
    expected.push_back(hours);
  }
  CHECK(told == expected);
}

TEST_CASE("looking more often than every hour tells no more often") {
  ExpiryNotices notices;
  CHECK(notices.due(list(), end - 5h).size() == 1);
  CHECK(notices.due(list(), end - 5h + 10min).empty());
  CHECK(notices.due(list(), end - 5h + 58min).empty());
  CHECK(notices.due(list(), end - 4h - 30s).size() == 1);  // a timer that is a little early
}

TEST_CASE("a threshold that was missed is told of late, and only the nearest") {
  ExpiryNotices notices;
  CHECK(notices.due(list(), end - days(5)).size() == 1);
  CHECK(notices.due(list(), end - days(4)).empty());
}

TEST_CASE("a renewed certificate starts anew, others are their own") {
  ExpiryNotices notices;
  CHECK(notices.due(list(), end - days(5)).size() == 1);
  CHECK(notices.due(list(Expiry::Role::leaf, "CN=client", end + days(90)), end - days(5)).empty());
  CHECK(notices.due(list(), end - days(5)).size() == 1);  // the old one is back
  auto both = list();
  both.push_back({Expiry::Role::gateway, "CN=client", end});
  both.push_back({Expiry::Role::gateway, "CN=client", end});
  const auto due = notices.due(both, end - days(5));
  REQUIRE(due.size() == 1);
  CHECK(due.front().role == Expiry::Role::gateway);
}

TEST_CASE("the sentence") {
  const auto said = [](Expiry::Role role, TimePoint now) {
    return expiry_sentence({role, "CN=x", end}, now);
  };
  CHECK(said(Expiry::Role::leaf, end - days(30)) == "certificate expires in 30 days (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::intermediate, end - 25h) ==
        "intermediate certificate expires in 1 day (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::ca, end - 24h) == "CA certificate expires in 1 day (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::gateway, end - 61min) ==
        "the gateway's certificate expires in 1 hour (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::leaf, end - 59min) == "certificate expires in 59 minutes (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::leaf, end + 3h) == "certificate expired 3 hours ago (2024-10-04): CN=x");
  CHECK(said(Expiry::Role::leaf, end + days(3)) == "certificate expired 3 days ago (2024-10-04): CN=x");
}

TEST_CASE("a CRL is told of from its last third on") {
  trust::CrlInfo weekly;
  weekly.issuer = "CN=Test CA";
  weekly.source = "ca.crl";
  weekly.this_update = end - days(6);
  weekly.next_update = end;
  const std::vector<Expiry> expiries = {expiry_of(weekly)};
  ExpiryNotices notices;
  std::vector<long> told;  // hours before the end
  for (long hours = 24 * 6; hours >= -1; --hours) {
    if (!notices.due(expiries, end - std::chrono::hours(hours)).empty()) {
      told.push_back(hours);
    }
  }
  std::vector<long> expected = {48};
  for (long hours = 24; hours >= -1; --hours) {
    expected.push_back(hours);
  }
  CHECK(told == expected);
  CHECK(expiry_sentence(expiries.front(), end - 5h) ==
        "revocation list expires in 5 hours (2024-10-04): CN=Test CA (ca.crl); trust.crl needs the next one");
  CHECK(expiry_sentence(expiries.front(), end + days(2)) ==
        "revocation list expired 2 days ago (2024-10-04): CN=Test CA (ca.crl); trust.crl needs the next one");
}
