#include "support.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../support/permissions.hpp"
#include "persona/x509/crypto.hpp"

namespace support {

namespace {

using namespace persona::authority;
using namespace persona::x509;

constexpr std::chrono::days a_year(365);

Authority new_authority() {
  REQUIRE(initialise_crypto().has_value());
  return Authority::create("Test CA", a_year + std::chrono::minutes(1)).value();
}

}  // namespace

ConfigFolder::ConfigFolder() : authority_(new_authority()) {
  write("gateway-ca.crt", authority_.certificate_pem());
  issue("client", std::chrono::seconds(-300), a_year + std::chrono::minutes(1));
  IssueRequest server;
  server.usage = IssueRequest::Usage::server;
  server.common_name = "server";
  server.dns_names = {"db.example.com"};
  server.valid_for = a_year + std::chrono::minutes(1);
  write_pair("server", server);
}

void ConfigFolder::issue(const std::string& name, std::chrono::seconds valid_from,
                         std::chrono::seconds valid_for) const {
  IssueRequest request;
  request.common_name = name;
  request.valid_from = valid_from;
  request.valid_for = valid_for;
  write_pair(name, request);
}

void ConfigFolder::write_pair(const std::string& name, const IssueRequest& request) const {
  const auto pair = authority_.issue(request);
  REQUIRE(pair.has_value());
  write(name + ".crt", pair->certificate);
  const auto key = write(name + ".key", pair->private_key);
  make_private(key);
}

std::string captured(const std::function<void(std::FILE*)>& action) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  action(file);
  std::rewind(file);
  std::string text;
  for (int character = std::fgetc(file); character != EOF; character = std::fgetc(file)) {
    text += static_cast<char>(character);
  }
  std::fclose(file);
  return text;
}

std::string date(std::chrono::seconds from_now) {
  return format_date(now() + from_now);
}

}  // namespace support
