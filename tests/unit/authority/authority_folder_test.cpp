// What a crash, a backup or a hand may leave behind in an authority's folder; the rest is tested by the
// program itself and others' verifiers.
#include "persona/authority/authority_folder.hpp"

#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/test_authority.hpp"
#include "../../support/temporary_folder.hpp"
#include "authority/ledger.hpp"
#include "persona/x509/certificate_reader.hpp"
#include "persona/x509/crl_reader.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/serial_number.hpp"

using namespace persona;
using namespace persona::authority;
using namespace persona::x509;

namespace fs = std::filesystem;

namespace {

/// A folder with a CA, and a client "reports".
class Home {
 public:
  explicit Home(const InitRequest& init = {}) : authority(folder.path() / "pki") {
    REQUIRE(initialise_crypto().has_value());
    require(authority.init(init));
  }

  Report issue(const std::string& name) const {
    LeafRequest request;
    request.name = name;
    return require(authority.issue(request));
  }

  static Report require(const Result<Report>& result) {
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
    return *result;
  }

  fs::path path(std::string_view file) const { return folder.path() / "pki" / file; }

  std::string read(std::string_view file) const {
    std::ifstream stream(path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(std::string_view file, std::string_view content) const {
    std::ofstream(path(file), std::ios::binary | std::ios::trunc) << content;
  }
  ReadCrl crl() const { return read_crl(pem_content(read("ca/ca.crl"), "X509 CRL").value()).value(); }
  Ledger ledger() const { return Ledger::parse(read("ca/issued.json"), "issued.json").value(); }

  support::TemporaryFolder folder;
  AuthorityFolder authority;
};

bool mentions(const std::vector<std::string>& lines, std::string_view words) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a revocation that a crash kept out of the CRL is in the next one") {
  const Home home;
  home.issue("reports");
  const std::string before = home.read("ca/ca.crl");
  Home::require(home.authority.revoke("reports", RevocationReason::key_compromise));
  home.write("ca/ca.crl", before);  // as if the program had ended between the two files
  CHECK(mentions(Home::require(home.authority.list()).warnings, "ca.crl is out of date"));
  CHECK(mentions(home.issue("other").warnings, "was older than"));
  REQUIRE(home.crl().entries.size() == 1);
  CHECK(serial_text(home.crl().entries[0].serial) == home.ledger().entries[0].serial);
  CHECK(Home::require(home.authority.list()).warnings.empty());
}

TEST_CASE("a CRL that is gone is written anew") {
  const Home home;
  home.issue("reports");
  Home::require(home.authority.revoke("reports", RevocationReason::superseded));
  fs::remove(home.path("ca/ca.crl"));
  home.issue("other");
  CHECK(home.crl().entries.size() == 1);
}

TEST_CASE("a ledger from a backup takes back no revocation and no CRL number") {
  const Home home;
  const std::string backup = home.read("ca/issued.json");
  home.issue("reports");
  Home::require(home.authority.revoke("reports", RevocationReason::key_compromise));
  Home::require(home.authority.renew_crl(std::nullopt));
  const std::uint64_t number = home.crl().small_number();
  home.write("ca/issued.json", backup);
  const Report report = Home::require(home.authority.renew_crl(std::nullopt));
  CHECK(mentions(report.warnings, "was that restored from a backup?"));
  CHECK(home.crl().small_number() == number + 1);
  REQUIRE(home.crl().entries.size() == 1);
  CHECK(home.crl().entries[0].reason == 1);
}

TEST_CASE("the number of a CRL increases, and its end is asked for or the profile's") {
  const Home home;
  CHECK(home.crl().small_number() == 1);
  CHECK(home.crl().next_update.value() <= now() + support::days(30));
  Home::require(home.authority.renew_crl(7));
  CHECK(home.crl().small_number() == 2);
  CHECK(home.crl().next_update.value() <= now() + support::days(7));
  CHECK(home.crl().this_update <= now());
}

TEST_CASE("nothing outlives the CA") {
  InitRequest init;
  init.years = 1;
  const Home home(init);
  LeafRequest request;
  request.name = "long";
  request.days = 500;
  const Report report = Home::require(home.authority.issue(request));
  CHECK(mentions(report.warnings, "the CA ends on"));
  CHECK(home.ledger().entries[0].not_after <= now() + support::days(366));
  CHECK(mentions(Home::require(home.authority.renew_crl(500)).warnings, "the CA itself ends on"));
  CHECK(home.crl().next_update.value() <= now() + support::days(366));
}

TEST_CASE("a CA that has expired issues nothing") {
  const Home home;
  const auto old = Authority::create("Old CA", -std::chrono::hours(1), -support::days(2))->pair();
  REQUIRE(old.has_value());
  home.write("ca/ca.crt", old->certificate);
  home.write("ca/ca.key", old->private_key);
  LeafRequest request;
  request.name = "late";
  const auto refused = home.authority.issue(request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.starts_with("the CA expired on "));
  CHECK_FALSE(fs::exists(home.path("issued/late")));
}

TEST_CASE("a key that is not the CA's is told from it") {
  const Home home;
  home.write("ca/ca.crt", support::test_authority().certificate_pem());
  LeafRequest request;
  request.name = "x";
  const auto refused = home.authority.issue(request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == fmt::format("{} is not the key of the CA certificate CN=Test CA",
                                               home.path("ca/ca.key").make_preferred().string()));
}

TEST_CASE("an init that a crash ended is not taken for a CA, nor overwritten") {
  const Home home;
  fs::remove(home.path("ca/ca.crt"));  // which is written last
  LeafRequest request;
  request.name = "x";
  CHECK_FALSE(home.authority.issue(request).has_value());
  CHECK_FALSE(home.authority.init({}).has_value());
  InitRequest init;
  init.force = true;
  const Report report = Home::require(home.authority.init(init));
  CHECK(mentions(report.done, "set aside"));
  CHECK(mentions(home.issue("x").done, "CN=x"));
}

TEST_CASE("files that a crash left half-written are replaced") {
  const Home home;
  fs::create_directory(home.path("issued/x"));
  home.write("issued/x/.private_key.pem.new", "half a key");
  home.issue("x");
  CHECK_FALSE(fs::exists(home.path("issued/x/.private_key.pem.new")));
  CHECK(home.read("issued/x/private_key.pem").find("half a key") == std::string::npos);
}

TEST_CASE("a broken ledger stops everything before anything is written") {
  const Home home;
  const std::string crl = home.read("ca/ca.crl");
  home.write("ca/issued.json", "{");
  LeafRequest request;
  request.name = "x";
  CHECK_FALSE(home.authority.issue(request).has_value());
  CHECK_FALSE(home.authority.renew_crl(std::nullopt).has_value());
  CHECK_FALSE(home.authority.list().has_value());
  CHECK_FALSE(fs::exists(home.path("issued/x")));
  CHECK(home.read("ca/ca.crl") == crl);
}

TEST_CASE("a renewal works without the files, but keeps a key only with the certificate") {
  const Home home;
  home.issue("x");
  fs::remove_all(home.path("issued/x"));
  CHECK_FALSE(home.authority.renew({"x", std::nullopt, true}).has_value());
  CHECK_FALSE(fs::exists(home.path("issued/x")));
  Home::require(home.authority.renew({"x", 3, false}));
  CHECK(home.ledger().entries.size() == 2);
  CHECK(home.ledger().entries[1].days == 3);
  Home::require(home.authority.renew({"x", std::nullopt, true}));
  CHECK(home.ledger().entries[2].days == 3);  // as many as before
}

TEST_CASE("a revoked key is not kept") {
  const Home home;
  home.issue("x");
  Home::require(home.authority.revoke("x", RevocationReason::key_compromise));
  CHECK_FALSE(home.authority.renew({"x", std::nullopt, true}).has_value());
  CHECK(home.authority.renew({"x", std::nullopt, false}).has_value());
}
