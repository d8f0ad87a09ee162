#include <algorithm>

#include <doctest/doctest.h>

#include "host/systemd_unit_posix.hpp"
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

TEST_CASE("the unit lets it make its sockets, and give them to groups, where they are to be") {
  ServiceSettings all = settings();
  CHECK(has(unit(all), "RuntimeDirectory=persona"));
  CHECK(has(unit(all), "PrivateTmp=yes"));
  all.socket_folders = {"/run/persona",       "/run/persona/a", "/var/run/no-such",
                        "/run/no%such thing", "/srv",           "/"};
  all.socket_groups = {"app", "104"};
  const Lines lines = unit(all);
  CHECK(has(lines, R"(RuntimeDirectory=persona no-such "no%%such thing")"));
  CHECK(has(lines, "ReadWritePaths=-/srv -/"));
  CHECK(has(lines, "SupplementaryGroups=app 104"));
  CHECK(has(lines, "PrivateTmp=yes"));
  all.socket_folders = {"/tmp"};
  CHECK(has(unit(all), "ReadWritePaths=-/tmp"));
  CHECK(has(unit(all), "PrivateTmp=no"));
}

TEST_CASE("logs elsewhere, and ports that need a right") {
  ServiceSettings all = settings();
  CHECK(has(unit(all), "CapabilityBoundingSet="));
  CHECK(has(unit(all), "AmbientCapabilities="));
  all.has_low_port = true;
  all.log_folders = {"/var/log/persona", "/var/log/persona/a", "/srv/log", "/srv/log", "/srv/a log"};
  const Lines lines = unit(all);
  CHECK(has(lines, "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"));
  CHECK(has(lines, "AmbientCapabilities=CAP_NET_BIND_SERVICE"));
  CHECK(has(lines, R"(ReadWritePaths=-/srv/log "-/srv/a log")"));
}

TEST_CASE("which systemd it is") {
  CHECK(systemd_version("systemd 252 (252.38-1~deb12u1)\n+PAM +AUDIT") == 252);
  CHECK(systemd_version("systemd 257~rc1\n") == 257);
  CHECK(systemd_version("systemd\n") == 0);
  CHECK(systemd_version("systemd unknown") == 0);
  CHECK(systemd_version("systemd 99999999999999") == 0);
  CHECK(systemd_version("") == 0);
}

TEST_CASE("one template for every systemd and every program's path") {
  const auto lines = [](unsigned version) { return systemd_unit(settings(), "/opt/a b/$x%y", version); };
  CHECK(has(lines(252), "Type=notify"));
  CHECK(has(lines(252), "ExecReload=/bin/kill -HUP $MAINPID"));
  CHECK(has(lines(0), "Type=notify"));
  CHECK(has(lines(253), "Type=notify-reload"));
  CHECK(lines(252).size() == lines(253).size() + 1);
  CHECK(has(lines(253), R"(ExecStart="/opt/a b/$$x%%y" run --config /etc/persona/%i.yaml)"));
  CHECK(has(lines(253), "User=persona"));
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
