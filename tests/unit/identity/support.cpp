#include "support.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace support {

namespace {

using persona::identity::Authority;
using persona::identity::CertificateList;
using persona::identity::IssueRequest;
using persona::identity::PemPair;

const bool crypto_is_ready = persona::identity::initialise_crypto().has_value();

}  // namespace

const Authority& test_authority() {
  REQUIRE(crypto_is_ready);
  static const Authority authority = Authority::create("Test CA", days(10)).value();
  return authority;
}

PemPair issue(const IssueRequest& request) {
  auto pair = test_authority().issue(request);
  REQUIRE_MESSAGE(pair.has_value(), (pair ? "" : pair.error().message));
  return std::move(*pair);
}

PemPair issue(const std::string& common_name) {
  IssueRequest request;
  request.common_name = common_name;
  return issue(request);
}

CertificateList server_certificate(const std::vector<std::string>& dns_names,
                                   const std::vector<std::string>& addresses) {
  IssueRequest request;
  request.usage = IssueRequest::Usage::server;
  request.common_name = "server";
  request.dns_names = dns_names;
  request.ip_addresses = addresses;
  return list_of(issue(request).certificate);
}

CertificateList list_of(std::string_view pem) {
  CertificateList list;
  const auto appended = list.append_pem(pem);
  REQUIRE_MESSAGE(appended.has_value(), (appended ? "" : appended.error().message));
  return list;
}

std::string date(std::chrono::seconds from_now) {
  return persona::identity::format_date(persona::identity::now() + from_now);
}

namespace {

std::vector<std::string> of_severity(const std::vector<persona::identity::LoadError>& found,
                                     persona::identity::LoadError::Severity severity) {
  std::vector<std::string> texts;
  for (const auto& each : found) {
    if (each.severity == severity) {
      texts.push_back(each.message);
    }
  }
  return texts;
}

}  // namespace

std::vector<std::string> messages(const std::vector<persona::identity::LoadError>& errors) {
  return of_severity(errors, persona::identity::LoadError::Severity::error);
}

std::vector<std::string> warnings(const std::vector<persona::identity::LoadError>& errors) {
  return of_severity(errors, persona::identity::LoadError::Severity::warning);
}

}  // namespace support
