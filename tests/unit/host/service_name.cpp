#include "persona/host/service_name.hpp"

#include <doctest/doctest.h>

using namespace persona::host;

namespace {

std::string name_refusal(std::string_view name) {
  const auto checked = check_service_name(name);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().kind == persona::ErrorKind::configuration);
  return checked.error().message;
}

std::string account_refusal(std::string_view account) {
  const auto checked = check_account(account, "pg");
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().kind == persona::ErrorKind::configuration);
  return checked.error().message;
}

bool says(const std::string& message, std::string_view words) {
  INFO(message);
  return message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("names of services") {
  for (const char* good : {"pg", "P", "7", "persona-pg.2_b", "con"}) {
    CAPTURE(good);
    CHECK(check_service_name(good).has_value());
  }
  CHECK(check_service_name(std::string(80, 'x')).has_value());
}

TEST_CASE("names that would not be one word everywhere are refused, and the character is named") {
  CHECK(says(name_refusal(""), "is empty"));
  CHECK(says(name_refusal(std::string(81, 'x')), "longer than 80"));
  CHECK(says(name_refusal("a b"), "\"a b\" contains a space"));
  CHECK(says(name_refusal(" a"), "contains a space"));
  CHECK(says(name_refusal("a "), "contains a space"));
  CHECK(says(name_refusal("a\"b"), R"("a\"b" contains "\"")"));
  CHECK(says(name_refusal("a'b"), "contains \"'\""));
  CHECK(says(name_refusal("a/b"), "contains \"/\""));
  CHECK(says(name_refusal("a\\b"), R"(contains "\\")"));
  CHECK(says(name_refusal("a\nb"), R"(contains "\n")"));
  CHECK(says(name_refusal(std::string_view("a\0b", 3)), "contains \""));
  CHECK(says(name_refusal("a%PATH%"), "contains \"%\""));
  CHECK(says(name_refusal("a$(id)"), "contains \"$\""));
  CHECK(says(name_refusal("d\u00fc"), "contains \"\u00fc\""));
  CHECK(says(name_refusal("a\xff"), R"(contains "\xff")"));
  CHECK(says(name_refusal(".."), "must begin with a letter or a digit"));
  CHECK(says(name_refusal("-n"), "must begin with a letter or a digit"));
}

TEST_CASE("case does not tell services apart") {
  CHECK(is_same_service("PG-a", "pg-A"));
  CHECK_FALSE(is_same_service("pg", "pg2"));
  CHECK_FALSE(is_same_service("pg[", "pg{"));  // one bit, as between the cases of letters
}

TEST_CASE("accounts") {
  CHECK(check_account("localservice", "pg") == R"(NT AUTHORITY\LocalService)");
  CHECK(check_account("NetworkService", "pg") == R"(NT AUTHORITY\NetworkService)");
  CHECK(check_account(R"(NT AUTHORITY\LocalService)", "pg") == R"(NT AUTHORITY\LocalService)");
  CHECK(check_account(R"(nt service\PG)", "pg") == R"(nt service\PG)");
  CHECK(check_account(R"(CORP\persona$)", "pg") == R"(CORP\persona$)");
  CHECK(check_account("persona@corp.example", "pg") == "persona@corp.example");
  CHECK(check_account("me", "pg") == R"(.\me)");
}

TEST_CASE("LocalSystem is refused however it is spelt") {
  for (const char* spelling :
       {"LocalSystem", "LOCALSYSTEM", "System", R"(.\LocalSystem)", R"(.\system)", R"(NT AUTHORITY\SYSTEM)",
        R"(nt authority\localsystem)", "Local System", R"(NT-AUTORITÄT\SYSTEM)", R"(HOST\LocalSystem)",
        "localsystem@nt authority", " LocalSystem", "SYSTEM ", R"(NT AUTHORITY\ SYSTEM)", "S-1-5-18",
        "s-1-5-18"}) {
    CAPTURE(spelling);
    CHECK(says(account_refusal(spelling), "does not run as LocalSystem"));
  }
}

TEST_CASE("accounts that cannot be") {
  CHECK(says(account_refusal(""), "is empty"));
  CHECK(says(account_refusal(R"(NT SERVICE\other)"), R"(NT SERVICE\pg)"));
  CHECK(says(account_refusal("a\nb"), "control character"));
}
