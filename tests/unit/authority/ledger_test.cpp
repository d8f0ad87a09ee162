#include "authority/ledger.hpp"

#include <doctest/doctest.h>

#include "../../forge/test_authority.hpp"

using namespace persona::authority;
using namespace persona::x509;

namespace {

Ledger sample() {
  Ledger ledger;
  ledger.profile = Profile::testing;
  ledger.permitted_dns_names = {"example.com"};
  ledger.crl_number = 4;
  LedgerEntry entry;
  entry.serial = std::string("0A:FF");
  entry.name = std::string("db");
  entry.usage = IssueRequest::Usage::server;
  entry.dns_names = {"db.example.com"};
  entry.ip_addresses = {"::1"};
  entry.days = 90;
  entry.issued_at = std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + std::chrono::seconds(86'399);
  entry.not_after = entry.issued_at + support::days(90);
  ledger.entries.push_back(entry);
  entry.serial = std::string("01");
  entry.usage = IssueRequest::Usage::client;
  entry.revocation = Revocation{entry.issued_at + support::days(1), RevocationReason::superseded};
  ledger.entries.push_back(entry);
  return ledger;
}

std::string with(std::string_view from, std::string_view to) {
  std::string text = sample().to_json();
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
  const auto ledger = Ledger::parse(text, "issued.json");
  return ledger ? "accepted" : ledger.error().message;
}

}  // namespace

TEST_CASE("a ledger is read as it was written") {
  const Ledger before = sample();
  const auto after = Ledger::parse(before.to_json(), "issued.json");
  REQUIRE(after.has_value());
  CHECK(after->to_json() == before.to_json());
  CHECK(after->profile == Profile::testing);
  CHECK(after->crl_number == 4);
  REQUIRE(after->entries.size() == 2);
  CHECK(after->entries[0].issued_at == before.entries[0].issued_at);
  CHECK(after->entries[0].usage == IssueRequest::Usage::server);
  CHECK_FALSE(after->entries[0].revocation.has_value());
  REQUIRE(after->entries[1].revocation.has_value());
  CHECK(after->entries[1].revocation->reason == RevocationReason::superseded);
  CHECK(after->latest("db")->serial == "01");
  CHECK(after->latest("other") == nullptr);
}

TEST_CASE("every certificate of a ledger has a line of its own") {
  const std::string text = sample().to_json();
  CHECK(text.find("\n  {\"serial\":\"0A:FF\",\"name\":\"db\",\"usage\":\"server\"") != std::string::npos);
  CHECK(text.find("\n  {\"serial\":\"01\"") != std::string::npos);
}

TEST_CASE("a broken ledger is refused with what is wrong") {
  CHECK(refusal("") == "issued.json is not JSON: restore it from a backup");
  CHECK(refusal("[]") == "issued.json is not JSON: restore it from a backup");
  CHECK(refusal("{}") == "issued.json has no good \"format\": restore it from a backup");
  CHECK(refusal(with("\"format\": 1", "\"format\": 2")) ==
        "issued.json was written by a newer persona: use that one");
  CHECK(refusal(with("\"testing\"", "\"fun\"")) ==
        "issued.json has no good \"profile\": restore it from a backup");
  CHECK(refusal(with("2026-02-28", "2026-02-29")) ==
        "issued.json has no good \"issued_at\" in certificate 1: restore it from a backup");
  CHECK(refusal(with("\"superseded\"", "\"whim\"")) ==
        "issued.json has no good \"reason\" in certificate 2: restore it from a backup");
  CHECK(refusal(with("\"0A:FF\"", "\"0A:FG\"")) ==
        "issued.json has no good \"serial\" in certificate 1: restore it from a backup");
  CHECK(refusal(with("\"0A:FF\"", "7")) ==
        "issued.json has no good \"serial\" in certificate 1: restore it from a backup");
  CHECK(refusal(with("[\"db.example.com\"]", "[1]")) ==
        "issued.json has no good \"dns\" in certificate 1: restore it from a backup");
}

TEST_CASE("a ledger that is cut off anywhere is refused") {
  const std::string text = sample().to_json();
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    CHECK_FALSE(Ledger::parse(std::string_view(text).substr(0, size), "issued.json").has_value());
  }
}
