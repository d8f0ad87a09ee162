#include "cli/service.hpp"

#include <vector>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include "cli/commands.hpp"
#include "support.hpp"

namespace {

using persona::cli::ServiceCommand;
using support::Outcome;

/// `persona service ...`. What CLI11 itself refuses is its exit code.
Outcome service(std::vector<std::string> arguments) {
  CLI::App app;
  app.require_subcommand(1);
  const ServiceCommand commands(app);
  arguments.insert(arguments.begin(), "service");
  Outcome outcome;
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    outcome.err = error.what();
    outcome.exit_code = error.get_exit_code();
    return outcome;
  }
  REQUIRE(commands.parsed());
  outcome.err = support::captured([&](std::FILE* err) {
    outcome.out = support::captured([&](std::FILE* out) { outcome.exit_code = commands.run(out, err); });
  });
  return outcome;
}

bool contains(const std::string& text, std::string_view words) {
  INFO(text);
  return text.find(words) != std::string::npos;
}

constexpr const char* smallest_configuration =
    "listen: 127.0.0.1:5432\n"
    "gateway: db.example.com:5433\n"
    "identity: {certificate: client.crt, private_key: client.key}\n"
    "trust: {ca: gateway-ca.crt}\n";

}  // namespace

TEST_CASE("every verb but list needs a name, and refuses bad ones before it asks the system") {
  for (const char* verb : {"uninstall", "start", "stop", "restart", "reload", "status"}) {
    CAPTURE(verb);
    CHECK(contains(service({verb}).err, "--name"));
    const Outcome bad = service({verb, "--name", "a b"});
    CHECK(bad.exit_code == persona::cli::exit_usage);
    CHECK(contains(bad.err, "persona: the service's name \"a b\" contains a space"));
    CHECK(bad.out.empty());
    CHECK(service({verb, "--name", ""}).exit_code == persona::cli::exit_usage);
  }
  CHECK(contains(service({"install", "--config", "x"}).err, "--name"));
  CHECK(contains(service({"install", "--name", "pg"}).err, "--config"));
  CHECK(contains(service({"install", "--name", "pg", "--config", "x", "--start", "never"}).err, "--start"));
}

TEST_CASE("a broken configuration is told of as check does, and nothing is installed") {
  const support::ConfigFolder folder;
  const auto file = folder.write("pg.yaml", "listen: nonsense\n");
  const Outcome outcome = service({"install", "--name", "pg", "--config", file.string()});
  CHECK(outcome.exit_code == persona::cli::exit_usage);
  CHECK(contains(outcome.err, "pg.yaml:1:9: "));
  CHECK(contains(outcome.err, "nothing was installed"));
  CHECK(outcome.out.empty());
  const Outcome missing =
      service({"install", "--name", "pg", "--config", (folder.path() / "no.yaml").string()});
  CHECK(missing.exit_code == persona::cli::exit_usage);
  CHECK(contains(missing.err, "no.yaml: no such file"));
}

TEST_CASE("texts of several lines and unreadable passwords are refused") {
  const support::ConfigFolder folder;
  const std::string file = folder.write("pg.yaml", smallest_configuration).string();
  const auto install = [&](const std::string& option, const std::string& value) {
    const Outcome outcome = service({"install", "--name", "pg", "--config", file, option, value});
    CHECK(outcome.exit_code == persona::cli::exit_usage);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(contains(install("--display", "a\nb"), "--display must be one line"));
  CHECK(contains(install("--description", "a\tb"), "--description must be one line"));
  CHECK(contains(install("--account", "a\nb"), "--account must be one line"));
  CHECK(contains(install("--account", ""), "--account is empty"));
  CHECK(contains(install("--password-file", (folder.path() / "no").string()), "cannot read a password"));
  CHECK(
      contains(install("--password-file", folder.write("empty", "\nx").string()), "cannot read a password"));
  CHECK(contains(install("--password-file", folder.write("long", std::string(2'000, 'x')).string()),
                 "too long"));
}
