#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../support/permissions.hpp"
#include "cli/commands.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "support.hpp"

using support::ConfigFolder;
using support::Outcome;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

constexpr std::string_view smallest =
    "listen: 127.0.0.1:5432\n"
    "gateway: db.example.com:5433\n"
    "identity:\n"
    "  certificate: client.crt\n"
    "  private_key: client.key\n"
    "trust:\n"
    "  ca: gateway-ca.crt\n";

Outcome check(const ConfigFolder& folder, const std::filesystem::path& config) {
  Outcome outcome;
  outcome.err = folder.relative(support::captured([&](std::FILE* err) {
    outcome.out = folder.relative(support::captured(
        [&](std::FILE* out) { outcome.exit_code = persona::cli::check(config, {}, out, err); }));
  }));
  return outcome;
}

std::string pin_of(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const auto identity = persona::identity::Identity::load({certificate, key, std::nullopt});
  return (*identity)->chain().describe().front().spki_pin;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string copy(text);
  const auto at = copy.find(what);
  REQUIRE(at != std::string::npos);
  return copy.replace(at, what.size(), with);
}

/// All that this build has are agreed upon by default.
std::string groups_row() {
  std::vector<std::string_view> names;
  for (const persona::NamedGroup& group : persona::named_groups()) {
    names.push_back(group.name);
  }
  return fmt::format("  groups      {}\n", fmt::join(names, ", "));
}

}  // namespace

TEST_CASE("a good configuration is summed up") {
  const ConfigFolder folder;
  const Outcome outcome =
      check(folder, folder.write("postgres.yaml", std::string(smallest) + "sandbox: off\n"));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out == fmt::format("postgres\n"
                                   "  mode        persona: plaintext in, mTLS out\n"
                                   "  listen      127.0.0.1:5432\n"
                                   "  gateway     db.example.com:5433, verified as db.example.com\n"
                                   "{2}"
                                   "  identity    CN=client\n"
                                   "              issued by CN=Test CA\n"
                                   "              expires {0} (365 days left)\n"
                                   "              key EC secp256r1, pin {1}\n"
                                   "  trust       CN=Test CA, expires {0} (365 days left)\n"
                                   "  sandbox     off\n"
                                   "postgres.yaml: ok\n",
                                   support::date(days(365)),
                                   pin_of(folder.path() / "client.crt", folder.path() / "client.key"),
                                   groups_row()));
}

TEST_CASE("intermediates are summed up, too") {
  const ConfigFolder folder;
  const auto text_of = [&](const char* name) {
    std::ifstream file(folder.path() / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  folder.write("client.crt", text_of("client.crt") + text_of("gateway-ca.crt"));
  const Outcome outcome = check(folder, folder.write("postgres.yaml", smallest));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find(fmt::format("              intermediate CN=Test CA, expires {} (365 days left)\n",
                                     support::date(days(365)))) != std::string::npos);
}

TEST_CASE("the other mode is summed up, with every address") {
  const ConfigFolder folder;
  const Outcome outcome =
      check(folder, folder.write("db.yaml",
                                 "name: database\n"
                                 "listen: [\"0.0.0.0:5433\", \"[::]:5433\"]\n"
                                 "service: 127.0.0.1:5432\n"
                                 "identity: {certificate: server.crt, private_key: server.key}\n"
                                 "trust: {ca: gateway-ca.crt}\n"
                                 "sandbox: off\n"));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out == fmt::format("database\n"
                                   "  mode        gateway: mTLS in, plaintext out\n"
                                   "  listen      0.0.0.0:5433\n"
                                   "              [::]:5433\n"
                                   "  service     127.0.0.1:5432\n"
                                   "  clients     must have a certificate from a trusted CA\n"
                                   "{2}"
                                   "  identity    CN=server\n"
                                   "              issued by CN=Test CA\n"
                                   "              expires {0} (365 days left)\n"
                                   "              key EC secp256r1, pin {1}\n"
                                   "  trust       CN=Test CA, expires {0} (365 days left)\n"
                                   "  sandbox     off\n"
                                   "db.yaml: ok\n",
                                   support::date(days(365)),
                                   pin_of(folder.path() / "server.crt", folder.path() / "server.key"),
                                   groups_row()));
}

TEST_CASE("a gateway that asks for no certificates needs no trust") {
  const ConfigFolder folder;
  const Outcome outcome =
      check(folder, folder.write("db.yaml",
                                 "listen: 0.0.0.0:5433\n"
                                 "service: 127.0.0.1:5432\n"
                                 "clients: {certificate: none}\n"
                                 "identity: {certificate: server.crt, private_key: server.key}\n"));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("\n  trust ") == std::string::npos);
  CHECK(outcome.out.find("  clients     are not asked for a certificate\n") != std::string::npos);
}

TEST_CASE("everything wrong with certificates is reported at once, at the key that names the file") {
  const ConfigFolder folder;
  folder.issue("client", -days(20), -days(3) - 1h);
  folder.issue("other", -5min, days(365));
  folder.write("gateway-ca.crt", "hello\n");
  const std::string text = replaced(smallest, "client.key", "other.key");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", text));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        fmt::format("postgres.yaml:4:16: certificate expired 3 days ago ({}): CN=client\n"
                    "  4 |   certificate: client.crt\n"
                    "    |                ^\n"
                    "postgres.yaml:5:16: the private key does not match the certificate: CN=client\n"
                    "  5 |   private_key: other.key\n"
                    "    |                ^\n"
                    "postgres.yaml:7:7: gateway-ca.crt contains no certificate\n"
                    "  7 |   ca: gateway-ca.crt\n"
                    "    |       ^\n",
                    support::date(-days(3) - 1h)));
  CHECK(outcome.out == "postgres.yaml: 3 errors\n");
}

TEST_CASE("mistakes in the file and in what it names are reported together, each once") {
  const ConfigFolder folder;
  folder.issue("client", -days(20), -days(3) - 1h);
  std::filesystem::remove(folder.path() / "client.key");
  std::filesystem::remove(folder.path() / "gateway-ca.crt");
  const Outcome outcome =
      check(folder, folder.write("postgres.yaml", replaced(smallest, "127.0.0.1:5432", "127.0.0.1:543210")));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        fmt::format("postgres.yaml:1:9: listen: port 543210 is out of range; ports go up to 65535\n"
                    "  1 | listen: 127.0.0.1:543210\n"
                    "    |         ^~~~~~~~~~~~~~~~\n"
                    "postgres.yaml:4:16: certificate expired 3 days ago ({}): CN=client\n"
                    "  4 |   certificate: client.crt\n"
                    "    |                ^\n"
                    "postgres.yaml:5:16: identity.private_key: no such file: client.key\n"
                    "  5 |   private_key: client.key\n"
                    "    |                ^~~~~~~~~~\n"
                    "postgres.yaml:7:7: trust.ca: no such file: gateway-ca.crt\n"
                    "  7 |   ca: gateway-ca.crt\n"
                    "    |       ^~~~~~~~~~~~~~\n",
                    support::date(-days(3) - 1h)));
  CHECK(outcome.out == "postgres.yaml: 4 errors\n");
}

TEST_CASE("an encrypted key without a password file says where to name one") {
  const ConfigFolder folder;
  folder.write("client.key",
               "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", smallest));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "postgres.yaml:5:16: the private key is encrypted: name a file with its password in "
        "identity.private_key_password_file\n"
        "  5 |   private_key: client.key\n"
        "    |                ^\n");
}

TEST_CASE("a certificate file that has no key needs private_key") {
  const ConfigFolder folder;
  const std::string text = replaced(smallest, "  private_key: client.key\n", "");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", text));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "postgres.yaml:4:16: identity.private_key is missing: name the file with the private key of "
        "client.crt (or "
        "make certificate a PKCS#12 file, which has both)\n"
        "  4 |   certificate: client.crt\n"
        "    |                ^\n");
}

TEST_CASE("a private_key without a value is told once") {
  const ConfigFolder folder;
  const std::string text = replaced(smallest, "private_key: client.key", "private_key:");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", text));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out == "postgres.yaml: 1 error\n");
}

TEST_CASE("one PEM file with certificate and key is enough, and is warned of when others can read it") {
  const ConfigFolder folder;
  const auto content = [&](std::string_view name) {
    std::ifstream file(folder.path() / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto both = folder.write("client.pem", content("client.crt") + content("client.key"));
  support::make_private(both);
  const std::string text =
      replaced(replaced(smallest, "  private_key: client.key\n", ""), "client.crt", "client.pem");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", text));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  support::let_others_read(both);
  const Outcome open = check(folder, folder.path() / "postgres.yaml");
  CHECK(open.exit_code == 0);
  CHECK(open.err.starts_with(
      "postgres.yaml:4:16: warning: others besides its owner can read the private key ("));
}

TEST_CASE("what will go wrong soon is a warning") {
  const ConfigFolder folder;
  folder.issue("client", -5min, days(12) + 1h);
  const Outcome outcome = check(folder, folder.write("postgres.yaml", smallest));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err ==
        fmt::format("postgres.yaml:4:16: warning: certificate expires in 12 days ({}): CN=client\n"
                    "  4 |   certificate: client.crt\n"
                    "    |                ^\n",
                    support::date(days(12) + 1h)));
  CHECK(outcome.out.ends_with("postgres.yaml: ok, 1 warning\n"));
}

TEST_CASE("a private key that everybody can read is a warning") {
  const ConfigFolder folder;
  support::let_others_read(folder.path() / "client.key");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", smallest));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.starts_with(
      "postgres.yaml:5:16: warning: others besides its owner can read the private key ("));
}

TEST_CASE("a certificate for the other side is an error") {
  const ConfigFolder folder;
  const std::string text =
      replaced(replaced(smallest, "client.crt", "server.crt"), "client.key", "server.key");
  const Outcome outcome = check(folder, folder.write("postgres.yaml", text));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "postgres.yaml:4:16: certificate is not for clients (its extendedKeyUsage lacks "
        "clientAuth), so the "
        "gateway will refuse it: CN=server\n"
        "  4 |   certificate: server.crt\n"
        "    |                ^\n");
}

TEST_CASE("a gateway with a certificate for clients alone is an error") {
  const ConfigFolder folder;
  const Outcome outcome =
      check(folder, folder.write("db.yaml",
                                 "listen: 0.0.0.0:5433\n"
                                 "service: 127.0.0.1:5432\n"
                                 "identity: {certificate: client.crt, private_key: client.key}\n"
                                 "trust: {ca: gateway-ca.crt}\n"));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "db.yaml:3:25: certificate is not for servers (its extendedKeyUsage lacks serverAuth), so "
        "clients will "
        "refuse it: CN=client\n"
        "  3 | identity: {certificate: client.crt, private_key: client.key}\n"
        "    |                         ^\n");
}

TEST_CASE("of several CA files the one at fault is pointed at") {
  const ConfigFolder folder;
  folder.write("empty.crt", "");
  const Outcome outcome = check(
      folder, folder.write("postgres.yaml",
                           replaced(smallest, "ca: gateway-ca.crt", "ca: [gateway-ca.crt, empty.crt]")));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "postgres.yaml:7:24: empty.crt contains no certificate\n"
        "  7 |   ca: [gateway-ca.crt, empty.crt]\n"
        "    |                        ^\n");
}

TEST_CASE("every file of a folder is checked, and what may not appear twice") {
  const ConfigFolder folder;
  folder.write("a.yaml", smallest);
  folder.write("b.yaml", fmt::format("name: a\n{}", smallest));
  folder.write("c.yaml", replaced(smallest, "127.0.0.1:5432", "127.0.0.1:0"));
  folder.write("d.yaml", replaced(smallest, "127.0.0.1:5432", "127.0.0.1:0"));
  const Outcome outcome = check(folder, folder.path());
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "b.yaml:1:1: the service name \"a\" is taken by a.yaml: set another with `name`\n"
        "b.yaml:2:9: a.yaml already listens on 127.0.0.1:5432\n"
        "  2 | listen: 127.0.0.1:5432\n"
        "    |         ^\n");
  CHECK(outcome.out.find("a.yaml: ok\n") != std::string::npos);
  CHECK(outcome.out.find("b.yaml: 2 errors\n") != std::string::npos);
  CHECK(outcome.out.find("c.yaml: ok\n") != std::string::npos);
  CHECK(outcome.out.find("d.yaml: ok\n") != std::string::npos);
}

TEST_CASE("one endpoint for administrators has the same file in every configuration that names it") {
  const ConfigFolder folder;
  const auto write = [&](const char* name, std::string_view admin) {
    folder.write(name, fmt::format("{}admin: {{listen: {}}}\n",
                                   replaced(smallest, "127.0.0.1:5432", "127.0.0.1:0"), admin));
  };
  write("a.yaml", "127.0.0.1:1");
  write("b.yaml", "{address: \"127.0.0.1:1\"}");
  CHECK(check(folder, folder.path()).err.empty());
  const std::string socket = "unix:/no/such/folder/s";
  write("c.yaml", fmt::format("{{address: \"{}\", mode: 0600}}", socket));
  write("d.yaml", fmt::format("{{address: \"{}\", mode: 0660}}", socket));
  const Outcome outcome = check(folder, folder.path());
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err.find("admin.listen: c.yaml has another mode, group or unsafe_listen for unix:") !=
        std::string::npos);
  write("d.yaml", "systemd:admin");
  write("c.yaml", "systemd:admin, unsafe_listen: true");
  CHECK(check(folder, folder.path())
            .err.find("admin.listen: c.yaml has another mode, group or unsafe_listen "
                      "for systemd:admin") != std::string::npos);
}

TEST_CASE("a configuration that is not there is a sentence and exit code 2") {
  const ConfigFolder folder;
  const Outcome outcome = check(folder, folder.path() / "missing.yaml");
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err == "persona: missing.yaml: no such file or folder\n");
  std::filesystem::create_directory(folder.path() / "empty");
  CHECK(check(folder, folder.path() / "empty").exit_code == 2);
}

TEST_CASE("a revocation list that expires soon or has expired is a warning, at its file") {
  const ConfigFolder folder;
  const auto now = persona::x509::now();
  const auto write_list = [&](std::string_view name, std::chrono::seconds from, std::chrono::seconds until) {
    const auto list = folder.authority().revocation_list({now + from, now + until, 1, {}});
    REQUIRE(list);
    folder.write(name, *list);
  };
  const auto config = folder.write("postgres.yaml", replaced(smallest, "ca: gateway-ca.crt",
                                                             "ca: gateway-ca.crt\n  crl: [old.crl, ca.crl]"));
  write_list("old.crl", -days(40), -days(10));  // the other one supersedes it only while it is valid
  write_list("ca.crl", -days(11), days(30) + 1h);
  Outcome outcome = check(folder, config);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find(fmt::format("  crl         CN=Test CA, expired {} (10 days ago), 0 revoked\n"
                                     "              CN=Test CA, expires {} (30 days left), 0 revoked\n",
                                     support::date(-days(10)), support::date(days(30) + 1h))) !=
        std::string::npos);
  write_list("ca.crl", -days(11), 5h + 10s);
  outcome = check(folder, config);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err ==
        fmt::format("postgres.yaml:8:18: warning: revocation list expires in 5 hours ({}): CN=Test "
                    "CA (ca.crl); trust.crl needs the next one\n"
                    "  8 |   crl: [old.crl, ca.crl]\n"
                    "    |                  ^\n",
                    support::date(5h + 10s)));
  write_list("ca.crl", -days(11), -1h);
  outcome = check(folder, config);
  CHECK(
      outcome.err.starts_with("postgres.yaml:8:18: warning: the revocation list of CN=Test CA has expired"));
}

TEST_CASE("less than a day is given in hours") {
  const ConfigFolder folder;
  folder.issue("client", -days(30), 7h + 10s);
  const Outcome outcome = check(folder, folder.write("postgres.yaml", smallest));
  CHECK(outcome.err.starts_with(
      fmt::format("postgres.yaml:4:16: warning: certificate expires in 7 hours ({}): CN=client\n",
                  support::date(7h + 10s))));
  CHECK(outcome.out.find(fmt::format("  expires {} (7 hours left)\n", support::date(7h + 10s))) !=
        std::string::npos);
}
