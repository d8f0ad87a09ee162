#include "persona/trust/trust_store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/test_authority.hpp"
#include "../../support/temporary_folder.hpp"
#include "persona/trust/verify.hpp"

using namespace persona::authority;
using namespace persona::trust;
using namespace persona::x509;
using support::days;
using Messages = std::vector<std::string>;

TEST_CASE("every certificate in every file counts") {
  const support::TemporaryFolder folder;
  const auto trust =
      TrustStore::load({{folder.write("a.pem", fmt::format("{}{}", fixtures::root_certificate,
                                                           fixtures::intermediate_certificate)),
                         folder.write("b.pem", support::test_authority().certificate_pem()),
                         folder.write("again.pem", fixtures::root_certificate)},
                        {},
                        false});
  REQUIRE(trust.has_value());
  CHECK((*trust)->roots().size() == 4);
  CHECK((*trust)->files_of_roots() == std::vector<std::size_t>{0, 0, 1, 2});
}

TEST_CASE("certificates that are in no file count as those of one more file") {
  const support::TemporaryFolder folder;
  const auto der = [](std::string_view pem) {
    const auto list = support::list_of(pem);
    return std::string(persona::as_text({list.get()->raw.p, list.get()->raw.len}));
  };
  const std::string two = der(fixtures::root_certificate) + der(support::test_authority().certificate_pem());
  TrustFiles files{{folder.write("a.pem", fixtures::intermediate_certificate)}, {}, false};
  files.given = {"LocalMachine\\Root", {two.begin(), two.end()}};
  const auto trust = TrustStore::load(files);
  REQUIRE(trust.has_value());
  CHECK((*trust)->roots().size() == 3);
  CHECK((*trust)->files_of_roots() == std::vector<std::size_t>{0, 1, 1});
  files.given.certificates = {0x30, 0x00};
  const auto broken = TrustStore::load(files);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error()[0].index == 1);
  CHECK(broken.error()[0].message.find("LocalMachine\\Root") != std::string::npos);
}

TEST_CASE("each bad CA file is reported with its place in the list") {
  const support::TemporaryFolder folder;
  const auto old = Authority::create("Old CA", -days(2) - std::chrono::hours(1), -days(9)).value();
  const auto good = folder.write("good.pem", fixtures::root_certificate);
  const auto empty = folder.write("empty.pem", "");
  const auto expired =
      folder.write("expired.pem", fmt::format("{}{}", fixtures::root_certificate, old.certificate_pem()));
  const auto broken = folder.write(
      "broken.pem", fmt::format("{}-----BEGIN CERTIFICATE-----\nAAAA\n", fixtures::root_certificate));
  const auto trust = TrustStore::load({{good, empty, expired, broken}, {}, false});
  REQUIRE_FALSE(trust.has_value());
  CHECK(support::messages(trust.error()) ==
        Messages{fmt::format("{} contains no certificate", empty.string()),
                 fmt::format("{} has a certificate without its -----END line (line 12)", broken.string())});
  CHECK(support::warnings(trust.error()) ==
        Messages{fmt::format("CA certificate expired 2 days ago ({}): CN=Old CA",
                             support::date(-days(2) - std::chrono::hours(1)))});
  CHECK(trust.error()[0].index == 1);
  CHECK(trust.error()[1].index == 3);
  CHECK(trust.error()[2].index == 2);
  CHECK(trust.error()[0].part == LoadError::Part::ca);
}

TEST_CASE("a certificate that cannot be parsed makes no other unusable") {
  const support::TemporaryFolder folder;
  const auto good = folder.write("good.pem", fixtures::root_certificate);
  const auto mixed = folder.write(
      "mixed.pem", fmt::format("{}{}", fixtures::ed25519_certificate, fixtures::intermediate_certificate));
  const auto odd = folder.write("odd.pem", fixtures::ed25519_certificate);
  const auto sentence = [](const std::filesystem::path& file) {
    return fmt::format(
        "CA certificate is left out, because it has an Ed25519 key, which is not supported: CN=Odd CA, in {} "
        "(line 1)",
        file.string());
  };
  const auto trust = TrustStore::load({{good, mixed, odd}, {}, false});
  REQUIRE(trust.has_value());
  CHECK((*trust)->roots().size() == 2);
  CHECK((*trust)->files_of_roots() == std::vector<std::size_t>{0, 1});
  CHECK(support::warnings((*trust)->warnings()) == Messages{sentence(mixed), sentence(odd)});
  CHECK((*trust)->warnings()[1].index == 2);
  const auto alone = TrustStore::load({{odd}, {}, false});
  REQUIRE_FALSE(alone.has_value());
  CHECK(
      support::messages(alone.error()) ==
      Messages{sentence(odd) +
               "; trust.ca needs the certificate of a CA with an RSA key, or one on P-256, P-384 or P-521"});
  const auto damaged = folder.write(
      "damaged.pem", fmt::format("{}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                 fixtures::root_certificate));
  CHECK_FALSE(TrustStore::load({{good, damaged}, {}, false}).has_value());
}

TEST_CASE("a private key among CA certificates is a warning") {
  const support::TemporaryFolder folder;
  const auto clean = folder.write("ca.pem", fixtures::root_certificate);
  const auto both =
      folder.write("both.pem", fmt::format("{}{}", fixtures::root_certificate, fixtures::ec_key_pkcs8));
  const auto trust = TrustStore::load({{clean, both}, {}, false});
  REQUIRE(trust.has_value());
  REQUIRE((*trust)->warnings().size() == 1);
  CHECK((*trust)->warnings()[0].index == 1);
  CHECK((*trust)->warnings()[0].message.starts_with(
      fmt::format("{} has a private key (line 12)", both.string())));
}

TEST_CASE("an expired CA is an error alone, and a warning beside one that is valid") {
  const auto old = Authority::create("Old CA", -days(2) - std::chrono::hours(1), -days(9)).value();
  const auto alone = TrustStore::from_pem({.ca = old.certificate_pem()});
  REQUIRE_FALSE(alone.has_value());
  CHECK(alone.error().front().severity == LoadError::Severity::error);
  const std::string both = fmt::format("{}{}", old.certificate_pem(), fixtures::root_certificate);
  const auto trust = TrustStore::from_pem({.ca = both});
  REQUIRE(trust.has_value());
  CHECK(support::warnings((*trust)->warnings()) ==
        Messages{fmt::format("CA certificate expired 2 days ago ({}): CN=Old CA",
                             support::date(-days(2) - std::chrono::hours(1)))});
}

TEST_CASE("trust from memory follows the same rules") {
  CHECK(TrustStore::from_pem({.ca = fixtures::root_certificate}).has_value());
  const auto trust = TrustStore::from_pem({.ca = fixtures::ec_key_sec1});
  REQUIRE_FALSE(trust.has_value());
  CHECK(support::messages(trust.error()) ==
        Messages{"the CA text contains a private key, not a certificate"});
}
