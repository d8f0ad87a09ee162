// What a reload goes by: are identity and trust the same as before?
#include "cli/prepare.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../support/permissions.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/secret.hpp"
#include "support.hpp"

using persona::cli::prepare;
using persona::cli::Prepared;
using support::ConfigFolder;
using namespace std::chrono_literals;

namespace {

/// A persona's configuration, by its two sections.
Prepared prepared(const ConfigFolder& folder, std::string_view identity, std::string_view trust,
                  std::string_view more = "") {
  Prepared result = prepare(
      folder.write("service.yaml", fmt::format("listen: 127.0.0.1:5432\ngateway: db.example.com:5433\n"
                                               "identity: {{{}}}\ntrust: {{{}}}\n{}",
                                               identity, trust, more)));
  REQUIRE_MESSAGE(!result.report.has_errors(), result.report.render());
  REQUIRE(!result.certificate_digest.empty());
  return result;
}

constexpr std::string_view client = "certificate: client.crt, private_key: client.key";
constexpr std::string_view ca = "ca: gateway-ca.crt";

bool same_digest(const Prepared& a, const Prepared& b) {
  return a.digest == b.digest;
}

/// As a reload asks before it goes on with the TLS context that it has.
bool same_certificates(const Prepared& a, const Prepared& b) {
  return a.certificate_digest == b.certificate_digest;
}

std::string leaf_of(const Prepared& service) {
  return service.identity->chain().describe().front().name;
}

}  // namespace

TEST_CASE("the rest of the configuration is not of identity and trust") {
  const ConfigFolder folder;
  const Prepared before = prepared(folder, client, ca);
  CHECK(same_digest(prepared(folder, client, ca), before));
  const Prepared after = prepared(folder, client, ca, "limits: {connections: 7}\n");
  CHECK_FALSE(same_digest(after, before));
  CHECK(same_certificates(after, before));
  folder.write("copy.crt", folder.authority().certificate_pem());
  CHECK(same_certificates(prepared(folder, client, "ca: copy.crt"), before));
}

TEST_CASE("a bundle that was for its CA and is now for its CRL makes another trust") {
  const ConfigFolder folder;
  const auto now = persona::x509::now();
  const auto list = folder.authority().revocation_list({now, now + 24h, 1, {}});
  REQUIRE(list);
  folder.write("bundle.pem", folder.authority().certificate_pem() + *list);
  const Prepared before = prepared(folder, client, "ca: [gateway-ca.crt, bundle.pem]");
  const Prepared after = prepared(folder, client, "ca: [gateway-ca.crt], crl: [bundle.pem]");
  CHECK(before.trust->crls().empty());
  CHECK(after.trust->crls().size() == 1);
  CHECK(after.files.size() == before.files.size());
  CHECK_FALSE(same_certificates(after, before));
  const Prepared forgiving =
      prepared(folder, client, "ca: [gateway-ca.crt], crl: [bundle.pem], crl_expired: allow");
  CHECK_FALSE(same_certificates(forgiving, after));
}

TEST_CASE("of a file with two certificates another key makes another identity") {
  const ConfigFolder folder;
  std::string both;
  for (const char* name : {"one", "two"}) {
    persona::authority::IssueRequest request;
    request.common_name = name;
    request.valid_for = 24h * 60;
    const auto pair = folder.authority().issue(request);
    REQUIRE(pair);
    both += pair->certificate;
    support::make_private(folder.write(fmt::format("{}.key", name), pair->private_key));
  }
  folder.write("both.crt", both);
  const Prepared before = prepared(folder, "certificate: both.crt, private_key: one.key", ca);
  const Prepared after = prepared(folder, "certificate: both.crt, private_key: two.key", ca);
  CHECK(leaf_of(before) == "CN=one");
  CHECK(leaf_of(after) == "CN=two");
  CHECK_FALSE(same_certificates(after, before));
}

TEST_CASE("a proxy's password is read, and is of the configuration but not of identity and trust") {
  const ConfigFolder folder;
  const auto through_proxy = [&] {
    return prepare(folder.write(
        "service.yaml", fmt::format("listen: 127.0.0.1:5432\n"
                                    "gateway: {{address: db:1, via: {{proxy: \"http://alice@proxy:1\", "
                                    "password_file: password}}}}\nidentity: {{{}}}\ntrust: {{{}}}\n",
                                    client, ca)));
  };
  folder.write("password", "secret\r\nanother line\n");
  const Prepared before = through_proxy();
  REQUIRE_MESSAGE(!before.report.has_errors(), before.report.render());
  REQUIRE(before.via_password);
  CHECK(before.via_password->view() == "secret");
  CHECK(before.files.back().filename() == "password");
  CHECK(same_digest(through_proxy(), before));
  folder.write("password", "other\n");
  const Prepared after = through_proxy();
  CHECK_FALSE(same_digest(after, before));
  CHECK(same_certificates(after, before));
  for (const std::string& bad : {std::string("\nsecret\n"), std::string(256, 'x')}) {
    folder.write("password", bad);
    const Prepared refused = through_proxy();
    CHECK(refused.report.has_errors());
    CHECK_FALSE(refused.via_password);
    CHECK(refused.report.render().find("the first line has to be the password, of 1 to 255 bytes") !=
          std::string::npos);
    CHECK(refused.report.render().find("secret") == std::string::npos);
  }
}
