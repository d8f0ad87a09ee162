#include <algorithm>

#include <doctest/doctest.h>

#include "persona/host/service_manager.hpp"

using namespace persona;
using namespace persona::host;

namespace {

using Lines = std::vector<std::string>;

ServiceSettings settings() {
  ServiceSettings all;
  all.name = "pg";
  all.config = "/srv/it's/pg.yaml";
  all.files = {all.config, "/srv/key.pem"};
  all.shutdown = Milliseconds(90'001);
  return all;
}

Lines unit(const ServiceSettings& all) {
  Lines lines;
  REQUIRE(install_service(all, [&](const std::string& line) { lines.push_back(line); }).has_value());
  return lines;
}

bool has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

template <class Verb>
std::string last_line(Verb verb) {
  std::string last;
  const auto done = verb([&](const std::string& line) { last = line; });
  CHECK(done.has_value());
  return last;
}

}  // namespace

TEST_CASE("every verb says its command of systemctl") {
  CHECK(last_line([](const Say& say) { return start_service("pg", say); }) == "systemctl start persona@pg");
  CHECK(last_line([](const Say& say) { return stop_service("pg", say); }) == "systemctl stop persona@pg");
  CHECK(last_line([](const Say& say) { return restart_service("pg", say); }) ==
        "systemctl restart persona@pg");
  CHECK(last_line([](const Say& say) { return reload_service("pg", say); }) == "systemctl reload persona@pg");
  CHECK(last_line([](const Say& say) { return show_service("pg", say); }) == "systemctl status persona@pg");
  CHECK(last_line([](const Say& say) { return uninstall_service("pg", say); }) ==
        "systemctl disable --now persona@pg");
  CHECK(last_line([](const Say& say) { return list_services(say); }) ==
        "systemctl list-units --all 'persona@*'");
}

TEST_CASE("the unit, and the steps before it as comments") {
  const Lines lines = unit(settings());
  CHECK(has(lines, "[Unit]"));
  CHECK(has(lines, "User=persona"));
  CHECK(has(lines, "TimeoutStopSec=96"));  // rounded up, and a little
  CHECK(has(lines, "#   systemctl enable --now persona@pg"));
  CHECK(has(lines, R"(#   install -D -m 0644 '/srv/it'\''s/pg.yaml' /etc/persona/pg.yaml)"));
  CHECK(has(lines, "#   /srv/key.pem"));
  const auto first = std::find(lines.begin(), lines.end(), "[Unit]");
  CHECK(std::all_of(lines.begin(), first, [](const std::string& line) { return line.starts_with('#'); }));
}

TEST_CASE("the settings of a service are the unit's") {
  ServiceSettings all = settings();
  all.account = "tunnel";
  all.start = StartType::manual;
  all.description = "50% faster";
  all.shutdown = {};
  all.config = "/etc/persona/pg.yaml";
  const Lines lines = unit(all);
  CHECK(has(lines, "User=tunnel"));
  CHECK(has(lines, "#   systemctl start persona@pg"));
  CHECK(has(lines, "Description=50%% faster"));
  CHECK(has(lines, "TimeoutStopSec=infinity"));
  CHECK(std::none_of(lines.begin(), lines.end(),
                     [](const std::string& line) { return line.find("useradd") != std::string::npos; }));
  CHECK(std::none_of(lines.begin(), lines.end(),
                     [](const std::string& line) { return line.find("install -D") != std::string::npos; }));
}

TEST_CASE("what systemd has no use for is refused") {
  ServiceSettings all = settings();
  const auto refusal = [&] { return install_service(all, [](const std::string&) {}).error().message; };
  all.password = "secret";
  CHECK(refusal().find("--password-file") != std::string::npos);
  CHECK(refusal().find("secret") == std::string::npos);
  all.password.clear();
  all.account = R"(DOMAIN\user)";
  CHECK(refusal().find("--account") != std::string::npos);
}
