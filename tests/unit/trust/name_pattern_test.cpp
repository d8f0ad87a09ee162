#include "trust/name_pattern.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using persona::trust::matches_common_name;
using persona::trust::matches_dns_pattern;
using persona::trust::matches_uri_pattern;

namespace {

struct Row {
  std::string_view pattern;
  std::string_view name;
  bool matches;
};

template <class Function>
void check_all(Function matches, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.name);
    CHECK(matches(row.pattern, row.name) == row.matches);
  }
}

using namespace std::string_view_literals;

}  // namespace

TEST_CASE("a common name matches with its case, and * within . / and @") {
  check_all(matches_common_name, {
                                     {"postgres", "postgres", true},
                                     {"postgres", "Postgres", false},
                                     {"postgres", "postgres1", false},
                                     {"postgres", "", false},
                                     {"postgres-*", "postgres-1", true},
                                     {"postgres-*", "postgres-", true},
                                     {"postgres-*", "postgres", false},
                                     {"postgres-*", "postgres-1.example.com", false},
                                     {"postgres-*", "postgres-1/admin", false},
                                     {"postgres-*", "postgres-1@evil.org", false},
                                     {"postgres-*", "xpostgres-1", false},
                                     {"*", "anything at all", true},
                                     {"*", "", false},
                                     {"*", "a.b", false},
                                     {"*@example.com", "anna@example.com", true},
                                     {"*@example.com", "@example.com", false},
                                     {"*@example.com", "anna@x@example.com", false},
                                     {"*.example.com", "a.example.com", true},
                                     {"*.example.com", "a.b.example.com", false},
                                     {"*.example.com", ".example.com", false},
                                     {"*.example.com", "*.example.com", true},
                                     {"*.*.com", "*.example.com", false},
                                     {"app-*-prod-*", "app-billing-prod-7", true},
                                     {"app-*-prod-*", "app--prod-", true},
                                     {"app-*-prod-*", "app-prod-7", false},
                                     {"app-*-prod-*", "app-a.b-prod-7", false},
                                     {"a*a", "a", false},
                                     {"a*a", "aa", true},
                                     {"*a*b*", "xxaxxbxx", true},
                                     {"*a*b*", "xxbxxaxx", false},
                                     {"*ab", "aab", true},
                                     {"*aab*", "aaab", true},
                                     {"Jürgen *", "Jürgen Müller", true},
                                     {"Jürgen", "J\xfcrgen", false},  // Latin-1
                                     {"J*rgen", "J\xfcrgen", false},  // is no text at all
                                     {"postgres", "postgres\0"sv, false},
                                     {"postgres*", "postgres\0.evil"sv, false},
                                     {"postgres*", "postgres\n"sv, false},
                                     {"postgres*", "postgres\x7f"sv, false},
                                     {"postgres*", "postgres\u202egp", false},  // would be shown backwards
                                     {"postgres ", "postgres", false},
                                     {"postgres", "postgres ", false},
                                     {"p\u00f6", "po\u0308", false},  // nothing is normalised
                                 });
}

TEST_CASE("a dNSName matches label by label, in any case") {
  check_all(matches_dns_pattern, {
                                     {"db.example.com", "db.example.com", true},
                                     {"db.example.com", "DB.Example.COM", true},
                                     {"DB.example.com.", "db.example.com", true},
                                     {"db.example.com", "db.example.com.", false},
                                     {"db.example.com.", "db.example.com.", false},
                                     {"db.example.com", "db.example.com.evil.org", false},
                                     {"*.example.com", "db.example.com", true},
                                     {"*.example.com", "a.b.example.com", false},
                                     {"*.example.com", "example.com", false},
                                     {"*.example.com", ".example.com", false},
                                     {"*.example.com", "dbexample.com", false},
                                     {"*.example.com", "db.example.org", false},
                                     {"db.*.example.com", "db.eu.example.com", true},
                                     {"db.*.example.com", "db..example.com", false},
                                     {"db.*.example.com", "db.a.b.example.com", false},
                                     {"db-*.example.com", "db-1.example.com", true},
                                     {"db-*.example.com", "DB-1.example.com", true},
                                     {"db-*.example.com", "db-1.x.example.com", false},
                                     {"*-db.example.com", "-db.example.com", true},
                                     {"*", "localhost", true},
                                     {"*", "a.b", false},
                                     // A wildcard certificate is for no host in particular.
                                     {"*.example.com", "*.example.com", true},
                                     {"*.example.com", "*.EXAMPLE.com", true},
                                     {"db.example.com", "*.example.com", false},
                                     {"*.*.com", "*.example.com", false},
                                     {"*", "*", true},
                                     {"*.com", "*", false},
                                     // Encoded labels are matched whole.
                                     {"xn--bcher-kva.example", "XN--Bcher-KVA.example", true},
                                     {"*.example", "xn--bcher-kva.example", true},
                                     {"x*.example", "xn--bcher-kva.example", false},
                                     {"xn--*.example", "xn--bcher-kva.example", false},
                                     {"*a.example", "xn--bcher-kva.example", false},
                                     {"b\u00fccher.example", "b\u00fccher.example", false},
                                     {"10.0.0.*", "10.0.0.1", false},
                                     {"*.*.*.*", "10.0.0.1", false},
                                     {"*", "::1", false},
                                     {"db.example.com", "db.example.com\0"sv, false},
                                     {"*.example.com", "db\0.example.com"sv, false},
                                     {"*.example.com", "db\0x.example.com"sv, false},
                                     {"*.example.com", "d b.example.com", false},
                                     {"*.example.com", "db@evil.example.com", false},
                                     {"", "", false},
                                     {"*", "", false},
                                     {".", "", false},
                                 });
}

TEST_CASE("a URI matches as it is written, but for the case of scheme and host") {
  check_all(matches_uri_pattern, {
                                     {"spiffe://prod/db", "spiffe://prod/db", true},
                                     {"spiffe://prod/db", "SPIFFE://PROD/db", true},
                                     {"SPIFFE://Prod/db", "spiffe://prod/db", true},
                                     {"spiffe://prod/db", "spiffe://prod/DB", false},
                                     {"spiffe://prod/db", "spiffe://prod/db/", false},
                                     {"spiffe://prod/db", "spiffe://prod/db2", false},
                                     {"spiffe://prod/db", "spiffe://prod.evil.org/db", false},
                                     {"spiffe://prod/db", "spiffe://test/db", false},
                                     {"spiffe://prod/*", "spiffe://prod/db", true},
                                     {"spiffe://prod/*", "spiffe://prod/a/b", false},
                                     {"spiffe://prod/*", "spiffe://prod/", false},
                                     {"spiffe://prod/*", "spiffe://prod", false},
                                     {"spiffe://prod/*", "spiffe://prod/..", false},
                                     {"spiffe://prod/*", "spiffe://prod/.", false},
                                     {"spiffe://prod/*", "spiffe://prod/...", true},
                                     {"spiffe://prod/.*", "spiffe://prod/..", false},
                                     {"spiffe://prod/*", "spiffe://prod/a%2fb", false},
                                     {"spiffe://prod/*", "spiffe://prod/%64b", false},
                                     {"spiffe://prod/*", "spiffe://prod/db?x", false},
                                     {"spiffe://prod/*", "spiffe://prod/db#x", false},
                                     {"spiffe://prod/*", "spiffe://prod/db?", false},
                                     {"spiffe://prod/ns/*/sa/*", "spiffe://prod/ns/shop/sa/db", true},
                                     {"spiffe://prod/ns/*/sa/*", "spiffe://prod/ns/shop/x/sa/db", false},
                                     {"spiffe://prod/ns/*/sa/*", "spiffe://prod/ns//sa/db", false},
                                     {"spiffe://prod/ns/*/sa/*", "spiffe://prod/ns/../sa/db", false},
                                     {"spiffe://prod/ns/db-*/sa/x", "spiffe://prod/ns/db-1/sa/x", true},
                                     {"spiffe://*/db", "spiffe://prod/db", true},
                                     {"spiffe://*/db", "spiffe://prod.example.com/db", false},
                                     {"spiffe://*/db", "spiffe:///db", false},
                                     {"spiffe://*.example.com/db", "spiffe://PROD.example.com/db", true},
                                     {"spiffe://*.example.com/db", "spiffe://a.b.example.com/db", false},
                                     {"spiffe://*.example.com/db", "spiffe://a:80.example.com/db", false},
                                     {"spiffe://*/db", "spiffe://user@prod/db", false},
                                     {"spiffe://*/db", "spiffe://prod:80/db", false},
                                     {"spiffe://*/db", "spiffe://prod%2eevil/db", false},
                                     {"https://User@a:80/x", "https://User@A:80/x", true},
                                     {"https://User@a:80/x", "https://user@a:80/x", false},
                                     {"https://a:80/x", "https://a/x", false},
                                     {"https://a/x", "https://b@a/x", false},
                                     {"https://a/x", "https://a@b/x", false},
                                     {"https://a/x", "https:/a/x", false},
                                     {"https://a/x", "https:a/x", false},
                                     {"https://a/x", "http://a/x", false},
                                     {"https://a/x?b=C", "https://a/x?b=C", true},
                                     {"https://a/x?b=C", "https://a/x?b=c", false},
                                     {"https://a/x?b=*", "https://a/x?b=c", false},
                                     {"https://a/a%2Fb", "https://a/a%2Fb", true},
                                     {"https://a/a%2Fb", "https://a/a%2fb", false},
                                     {"https://a/a%2Fb", "https://a/a/b", false},
                                     {"https://[::1]/x", "https://[::1]/x", true},
                                     {"https://[*]/x", "https://[::1]/x", false},
                                     {"https://a/*", "https://a/*", true},
                                     {"https://a/*/c", "https://a/*/c", true},
                                     {"https://a/*/*", "https://a/*/c", false},
                                     {"urn:uuid:*", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true},
                                     {"urn:uuid:*", "URN:uuid:f81d4fae", true},
                                     {"urn:uuid:*", "urn:uuid:a:b", false},
                                     {"urn:uuid:*", "urn:oid:1", false},
                                     {"urn:*", "urn:a/b", false},
                                     {"spiffe://prod/*", "spiffe://prod/d\0b"sv, false},
                                     {"spiffe://prod/db", "spiffe://prod/db\0"sv, false},
                                     {"spiffe://prod/*", "spiffe://prod/d b", false},
                                     {"spiffe://prod/*", "spiffe://prod/b\u00fccher", false},
                                     {"spiffe://prod/*", "spiffe://prod/a\\b", false},
                                     {"*", "spiffe://prod/db", false},
                                     {"*://prod/db", "spiffe://prod/db", false},
                                     {"", "", false},
                                 });
}

TEST_CASE("names longer than any real one match nothing") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');  // 253
  CHECK(matches_dns_pattern("*.*.*.*", longest));
  CHECK(!matches_dns_pattern("*.*.*.*", longest + "a"));
  CHECK(!matches_dns_pattern("*", std::string(64, 'a')));
  CHECK(matches_common_name("*", std::string(256, 'a')));
  CHECK(!matches_common_name("*", std::string(257, 'a')));
  CHECK(matches_uri_pattern("urn:*", "urn:" + std::string(2044, 'a')));
  CHECK(!matches_uri_pattern("urn:*", "urn:" + std::string(2045, 'a')));
}

TEST_CASE("a pattern made to take long does not") {
  std::string pattern = "urn:";
  while (pattern.size() < 2000) {
    pattern += "*a";
  }
  pattern += "*b";
  const std::string name = "urn:" + std::string(2044, 'a');
  const auto begin = std::chrono::steady_clock::now();
  CHECK(!matches_uri_pattern(pattern, name));
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::seconds(5));  // without end, if it backtracked
}
