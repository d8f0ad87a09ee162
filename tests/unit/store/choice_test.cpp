// Which certificate of a store is meant.
#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>
#include <psa/crypto.h>

#include "certificates.hpp"
#include "persona/base/text.hpp"

using namespace persona;
using namespace persona::store;
using namespace persona::store::test;
using namespace std::string_literals;
using identity::IdentityUse;
using Kind = StoreSelector::Kind;
using std::chrono::days;
using std::chrono::hours;

namespace {

const StoreName machine{StoreName::Location::local_machine, "My"};

support::Forgery of_client(const std::string& subject) {
  return support::client(subject, "CN=Test CA");
}

support::Forgery valid_from(support::Forgery what, std::chrono::seconds from,
                            std::chrono::seconds to = days(10)) {
  what.not_before = from;
  what.not_after = to;
  return what;
}

std::string hex_digest(psa_algorithm_t algorithm, ByteView bytes) {
  Bytes digest(PSA_HASH_LENGTH(algorithm));
  std::size_t size = 0;
  REQUIRE(psa_hash_compute(algorithm, bytes.data(), bytes.size(), digest.data(), digest.size(), &size) ==
          PSA_SUCCESS);
  std::string text;
  for (const auto octet : digest) {
    text += fmt::format("{:02x}", octet);
  }
  return text;
}

Result<Choice> chosen(const std::vector<StoredCertificate>& all, StoreSelector selector,
                      IdentityUse use = IdentityUse::client, std::string_view template_oid = "") {
  return choose(all, machine, selector, template_oid, use, x509::now());
}

Result<Choice> by_subject(const std::vector<StoredCertificate>& all, const std::string& subject,
                          IdentityUse use = IdentityUse::client) {
  return chosen(all, {Kind::subject, subject}, use);
}

/// The index of the only one with that subject, or -1.
int index_by_subject(const std::vector<StoredCertificate>& all, const std::string& subject) {
  const auto choice = by_subject(all, subject);
  return choice ? static_cast<int>(choice->index) : -1;
}

/// 1.3.6.1.4.1.311.20.2 with a BMPString, as a template of version 1 leaves it.
support::ForgedExtension template_name(std::string_view name) {
  Bytes value = {0x1e, static_cast<std::uint8_t>(2 * name.size())};
  for (const char each : name) {
    value.push_back(0);
    value.push_back(static_cast<std::uint8_t>(each));
  }
  return {"\x2b\x06\x01\x04\x01\x82\x37\x14\x02"s, value};
}

/// 1.3.6.1.4.1.311.21.7 with the OID 1.3.6.1.4.1.311.21.8.1.2 and the version 100.3.
support::ForgedExtension template_oid() {
  return {"\x2b\x06\x01\x04\x01\x82\x37\x15\x07"s,
          {0x30, 0x13, 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37,
           0x15, 0x08, 0x01, 0x02, 0x02, 0x01, 0x64, 0x02, 0x01, 0x03}};
}

}  // namespace

TEST_CASE("by thumbprint, SHA-1 as Windows shows it or SHA-256") {
  const std::vector<StoredCertificate> all = {stored(of_client("CN=a")), stored(of_client("CN=b"))};
  const std::string sha1 = hex_digest(PSA_ALG_SHA_1, all[1].der);
  for (const std::string& thumbprint : {sha1, hex_digest(PSA_ALG_SHA_256, all[1].der)}) {
    const auto choice = chosen(all, {Kind::thumbprint, thumbprint});
    REQUIRE(choice);
    CHECK(choice->index == 1);
    CHECK(choice->name == "CN=b");
    CHECK(to_lower(choice->thumbprint) == sha1);
    CHECK(choice->thumbprint != sha1);  // upper case
    CHECK(choice->older == 0);
  }
  const auto none = chosen(all, {Kind::thumbprint, std::string(40, '0')});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "LocalMachine\\My has no certificate with thumbprint " +
                                    std::string(40, '0') +
                                    " among its 2; what it has is listed by: certutil -store My");
}

TEST_CASE("by subject: the common name, a DNS name, or all of it in either order") {
  auto with_dns = of_client("O=Nobody");
  with_dns.others = {
      {"\x55\x1d\x11"s,
       {0x30, 0x0f, 0x82, 0x0d, 'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'c', 'o', 'm'}}};
  const std::vector<StoredCertificate> all = {stored(of_client("C=DE,O=Example,CN=app one")),
                                              stored(with_dns), stored(of_client("C=DE,O=Other,CN=app two"))};
  CHECK(index_by_subject(all, "app one") == 0);
  CHECK(index_by_subject(all, "APP ONE") == 0);
  CHECK(index_by_subject(all, "A.example.com") == 1);
  CHECK(index_by_subject(all, "C=DE, O=Example, CN=app one") == 0);
  CHECK(index_by_subject(all, "CN=app one,O=Example,C=DE") == 0);
  CHECK(index_by_subject(all, "cn=App One,  o=Example , C=DE") == 0);
  CHECK(index_by_subject(all, "CN=app one") == -1);  // not all of it
  CHECK(index_by_subject(all, "O=Example, C=DE, CN=app one") == -1);
  CHECK(index_by_subject(all, "app") == -1);
  CHECK(index_by_subject(all, "example.com") == -1);
}

TEST_CASE("by template: its name, its OID, and the name that the domain gives the OID") {
  auto named = of_client("CN=a");
  named.others = {template_name("Machine")};
  auto numbered = of_client("CN=b");
  numbered.others = {template_oid()};
  const std::vector<StoredCertificate> all = {stored(of_client("CN=c")), stored(numbered), stored(named)};
  const auto by_template = [&](const std::string& value, std::string_view oid = "") {
    const auto choice = chosen(all, {Kind::template_name, value}, IdentityUse::client, oid);
    return choice ? static_cast<int>(choice->index) : -1;
  };
  CHECK(by_template("machine") == 2);
  CHECK(by_template("1.3.6.1.4.1.311.21.8.1.2") == 1);
  CHECK(by_template("Persona Client", "1.3.6.1.4.1.311.21.8.1.2") == 1);
  CHECK(by_template("Persona Client", "1.3.6.1.4.1.311.21.8.1.3") == -1);
  CHECK(by_template("Mach") == -1);
}

TEST_CASE("the newest that is valid, has a key and is for this end") {
  auto server = of_client("CN=app");
  server.extended_usage = {"\x2b\x06\x01\x05\x05\x07\x03\x01"s};
  const std::vector<StoredCertificate> all = {
      stored(valid_from(of_client("CN=app"), -days(9))),
      stored(valid_from(of_client("CN=app"), -days(5))),
      stored(valid_from(of_client("CN=app"), -days(7))),
      stored(valid_from(of_client("CN=app"), -days(4), -hours(1))),  // expired
      stored(valid_from(of_client("CN=app"), hours(1))),             // not yet valid
      stored(valid_from(of_client("CN=app"), -days(3)), false),      // no key
      stored(valid_from(server, -days(2))),
      {Bytes{0x30, 0x03, 0x02, 0x01, 0x01}, true},  // no certificate
      stored(valid_from(of_client("CN=other"), -hours(1)))};
  const auto choice = by_subject(all, "app");
  REQUIRE(choice);
  CHECK(choice->index == 1);
  CHECK(choice->older == 2);
  const auto of_server = by_subject(all, "app", IdentityUse::server);
  REQUIRE(of_server);
  CHECK(of_server->index == 6);
  CHECK(of_server->older == 0);
}

TEST_CASE("of two from the same second, the one that is valid for longer, wherever it is") {
  const auto shorter = stored(valid_from(of_client("CN=app"), -days(2), days(5)));
  const auto longer = stored(valid_from(of_client("CN=app"), -days(2), days(50)));
  CHECK(index_by_subject({shorter, longer}, "app") == 1);
  CHECK(index_by_subject({longer, shorter}, "app") == 0);
}

TEST_CASE("why none is chosen is one sentence") {
  const auto why = [](const std::vector<StoredCertificate>& all, IdentityUse use = IdentityUse::client) {
    const auto choice = by_subject(all, "app", use);
    REQUIRE_FALSE(choice);
    return choice.error().message;
  };
  CHECK(why({}) ==
        "LocalMachine\\My has no certificate with subject \"app\" (it is empty); what it has is listed "
        "by: certutil -store My");
  CHECK(why({stored(of_client("CN=app"), false)}) ==
        "LocalMachine\\My has no private key for the certificate with subject \"app\": import it with its "
        "key (a "
        ".pfx file), or have it issued on this machine: CN=app");
  CHECK(why({stored(of_client("CN=app"))}, IdentityUse::server) ==
        "the certificate with subject \"app\" in LocalMachine\\My is not for servers (its extendedKeyUsage "
        "lacks "
        "serverAuth), so peers will refuse it: CN=app");
  const std::string expired = why({stored(valid_from(of_client("CN=app"), -days(9), -days(2))),
                                   stored(valid_from(of_client("CN=app"), -days(9), -days(3)))});
  CHECK(expired.starts_with("certificate expired 2 days ago ("));
  CHECK(expired.ends_with("), and LocalMachine\\My has no other with subject \"app\" that is valid: CN=app"));
  CHECK(why({stored(valid_from(of_client("CN=app"), hours(3)))})
            .starts_with("certificate is not valid before "));
  const auto of_user = choose({}, {StoreName::Location::current_user, "My"}, {Kind::subject, "app"}, "",
                              IdentityUse::client, x509::now());
  CHECK(of_user.error().message ==
        "CurrentUser\\My has no certificate with subject \"app\" (it is empty, for the account that persona "
        "runs "
        "as); what it has is listed by: certutil -user -store My");
}
