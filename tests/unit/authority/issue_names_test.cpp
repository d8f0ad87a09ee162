#include "authority/issue_names.hpp"

#include <doctest/doctest.h>

#include "../../forge/test_authority.hpp"

using namespace persona::authority;
using namespace persona::x509;

namespace {

using Names = std::vector<std::string>;

LeafRequest server(std::string name, Names dns = {}, Names addresses = {}) {
  LeafRequest request;
  request.usage = IssueRequest::Usage::server;
  request.name = std::move(name);
  request.dns_names = std::move(dns);
  request.ip_addresses = std::move(addresses);
  return request;
}

LeafRequest client(std::string name, Names uris = {}) {
  LeafRequest request;
  request.name = std::move(name);
  request.uris = std::move(uris);
  return request;
}

bool accepted(const LeafRequest& request, const Names& permitted = {}) {
  return complete_names(request, permitted).has_value();
}

std::string refusal(const LeafRequest& request, const Names& permitted = {}) {
  const auto complete = complete_names(request, permitted);
  return complete ? "accepted" : complete.error().message;
}

}  // namespace

TEST_CASE("a server without names has its own") {
  CHECK(complete_names(server("db.example.com"), {})->dns_names == Names{"db.example.com"});
  CHECK(complete_names(server("10.0.0.5"), {})->ip_addresses == Names{"10.0.0.5"});
  CHECK(complete_names(server("10.0.0.5"), {})->dns_names.empty());
  CHECK(refusal(server("db@home")).starts_with("a server needs the names that its clients dial"));
  CHECK(complete_names(client("db.example.com"), {})->dns_names.empty());
}

TEST_CASE("a server's common name is one of its names") {
  CHECK(complete_names(server("db", {"a.example.com", "db"}), {})->common_name == "db");
  CHECK(complete_names(server("db", {"a.example.com"}), {})->common_name == "a.example.com");
  CHECK(complete_names(server("db", {}, {"10.0.0.5"}), {})->common_name == "10.0.0.5");
  const std::string label(60, 'a');
  CHECK(complete_names(server("db", {label + ".example.com", "short.example.com"}), {})->common_name ==
        "short.example.com");
  CHECK(refusal(server("db", {label + ".example.com"})) ==
        "every name of \"db\" is longer than the 64 characters of a common name: add a shorter --dns");
  CHECK(complete_names(client("reports"), {})->common_name == "reports");
}

TEST_CASE("a name given twice counts once") {
  CHECK(complete_names(server("db", {"db", "db"}), {})->dns_names == Names{"db"});
}

TEST_CASE("names of folders") {
  for (const char* name : {"db", "DB-1", "a_b", "user@example.com", "1"}) {
    CHECK_MESSAGE(accepted(client(name)), name);
  }
  for (const char* name : {"", ".", "..", ".hidden", "-force", "a/b", "a\\b", "../ca", "a b", "a\n", "a.",
                           "a:b", "\xc3\xa4", "*"}) {
    CHECK_MESSAGE(!accepted(client(name)), name);
  }
  CHECK(accepted(client(std::string(64, 'a'))));
  CHECK_FALSE(accepted(client(std::string(65, 'a'))));
  CHECK_FALSE(accepted(client(std::string("a\0b", 3))));
  CHECK(refusal(server("*.example.com")).find("the wildcard as --dns") != std::string::npos);
}

TEST_CASE("host names") {
  for (const char* name : {"localhost", "db.example.com", "*.example.com", "xn--bcher-kva.example",
                           "_sip.example.com", "3com.com"}) {
    CHECK_MESSAGE(accepted(server("db", {name})), name);
  }
  for (const char* name :
       {"", ".", "a..b", ".a.b", "-a.b", "a-.b", "a b", "a/b", "*", "*.com", "a.*.com", "*a.b.com", "*.*.com",
        "b\xc3\xbc.de", "db.example.com.", "1.2.3.4", "::1", "127.1", "a\n.b"}) {
    CHECK_MESSAGE(!accepted(server("db", {name})), name);
  }
  CHECK(refusal(server("db", {"1.2.3.4"})) == "\"1.2.3.4\" is an address: use --ip for it");
  CHECK(refusal(server("db", {"a.b."})) == "write the host name \"a.b.\" without the dot at its end");
  CHECK(refusal(server("db", {"*.com"})).find("everybody's domains") != std::string::npos);
  CHECK(refusal(server("db", {"*.co.uk"})).find("everybody's domains") != std::string::npos);
  CHECK(refusal(server("db", {"b\xc3\xbc.de"})).find("xn--") != std::string::npos);
}

TEST_CASE("addresses") {
  CHECK(accepted(server("db", {}, {"10.0.0.5", "2001:db8::1"})));
  CHECK(refusal(server("db", {}, {"db.example.com"})) ==
        "\"db.example.com\" is not an IP address: use --dns for it");
  for (const char* text : {"", "10.0.0", "10.0.0.0/8", "[::1]", "1.2.3.4.5"}) {
    CHECK_MESSAGE(!accepted(server("db", {}, {text})), text);
  }
}

TEST_CASE("URIs and SPIFFE ids") {
  for (const char* uri :
       {"spiffe://example.org/billing", "spiffe://example.org", "spiffe://example.org/a/B_c-1.2",
        "urn:example:a", "https://example.com/a?b=c%20d#e", "tag:x"}) {
    CHECK_MESSAGE(accepted(client("c", {uri})), uri);
  }
  for (const char* uri : {"",
                          "billing",
                          ":a",
                          "1a:b",
                          "a:",
                          "http://",
                          "http:///a",
                          "urn:a b",
                          "urn:a\nb",
                          "urn:%zz",
                          "urn:%2",
                          "spiffe://",
                          "spiffe:example.org/a",
                          "spiffe://Example.org/a",
                          "spiffe://a/b/",
                          "spiffe://a//b",
                          "spiffe://a/../b",
                          "spiffe://a/b?c",
                          "spiffe://a:1/b",
                          "SPIFFE://a/b",
                          "urn:\xc3\xa4"}) {
    CHECK_MESSAGE(!accepted(client("c", {uri})), uri);
  }
  CHECK_FALSE(accepted(client("c", {"urn:" + std::string(2048, 'a')})));
}

TEST_CASE("a CA that is limited to domains") {
  const Names permitted{"example.com"};
  CHECK(accepted(server("db", {"example.com"}), permitted));
  CHECK(accepted(server("db", {"a.b.Example.com"}), permitted));
  CHECK(accepted(server("db", {"*.example.com"}), permitted));
  CHECK_FALSE(accepted(server("db", {"badexample.com"}), permitted));
  CHECK_FALSE(accepted(server("db", {"example.com.evil.org"}), permitted));
  CHECK_FALSE(accepted(server("db"), permitted));
  CHECK(accepted(client("reports"), permitted));
  CHECK_FALSE(accepted(client("reports.example.org"), permitted));  // OpenSSL holds it against the limits
  CHECK(check_permitted_dns_name("example.com").has_value());
  CHECK_FALSE(check_permitted_dns_name("*.example.com").has_value());
  CHECK_FALSE(check_permitted_dns_name(".example.com").has_value());
}

TEST_CASE("names of CAs") {
  for (const char* name : {"Example CA", "\xc3\x84", "a, b=c #1"}) {
    CHECK_MESSAGE(check_authority_name(name).has_value(), name);
  }
  for (const char* name : {"", " a", "a ", "a\nb", "\x1b[31m", "\xff"}) {
    CHECK_MESSAGE(!check_authority_name(name).has_value(), name);
  }
  CHECK_FALSE(check_authority_name(std::string(65, 'a')).has_value());
}

TEST_CASE("production warns of names that stand for much") {
  const auto warnings = [](Profile profile, const LeafRequest& request) {
    return name_warnings(profile, complete_names(request, {}).value()).size();
  };
  const LeafRequest odd = server("db", {"*.example.com", "LOCALHOST"}, {"127.0.0.1", "::1"});
  CHECK(warnings(Profile::production, odd) == 4);
  CHECK(warnings(Profile::development, odd) == 0);
  CHECK(warnings(Profile::production, server("db", {"db.example.com"}, {"10.0.0.5"})) == 0);
}
