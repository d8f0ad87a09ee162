#include "support.hpp"

#include <fstream>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "persona/identity/certificate.hpp"

namespace support {

namespace {

using namespace persona::identity;

constexpr std::chrono::days a_year(365);

Authority new_authority() {
  REQUIRE(initialise_crypto().has_value());
  return Authority::create("Test CA", a_year + std::chrono::minutes(1)).value();
}

}  // namespace

ConfigFolder::ConfigFolder() : authority_(new_authority()) {
  std::random_device random;
  path_ =
      std::filesystem::temp_directory_path() / fmt::format("persona-test-{:08x}{:08x}", random(), random());
  REQUIRE(std::filesystem::create_directory(path_));
  write("gateway-ca.crt", authority_.certificate_pem());
  issue("client", std::chrono::seconds(-300), a_year + std::chrono::minutes(1));
  IssueRequest server;
  server.usage = IssueRequest::Usage::server;
  server.common_name = "server";
  server.dns_names = {"db.example.com"};
  server.valid_for = a_year + std::chrono::minutes(1);
  write_pair("server", server);
}

ConfigFolder::~ConfigFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ConfigFolder::write(std::string_view name, std::string_view content) const {
  std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
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
  using std::filesystem::perms;
  std::filesystem::permissions(key, perms::owner_read | perms::owner_write);
}

std::string ConfigFolder::relative(std::string text) const {
  const std::string prefix = path_.string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
    text.erase(at, prefix.size());
  }
  return text;
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
