#include "test_authority.hpp"

#include <stdexcept>

#include "persona/x509/crypto.hpp"

namespace support {

namespace {

using persona::authority::Authority;
using persona::authority::IssueRequest;
using persona::authority::PemPair;
using persona::x509::CertificateList;

// Every test case may be run alone.
const auto crypto_is_ready = persona::x509::initialise_crypto();

void must(const persona::Result<void>& result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
}

}  // namespace

const Authority& test_authority() {
  static const Authority authority = [] {
    must(crypto_is_ready);
    return Authority::create("Test CA", days(10)).value();
  }();
  return authority;
}

PemPair issue(const IssueRequest& request) {
  auto pair = test_authority().issue(request);
  if (!pair) {
    throw std::runtime_error(pair.error().message);
  }
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
  must(list.append_pem(pem));
  return list;
}

std::string date(std::chrono::seconds from_now) {
  return persona::x509::format_date(persona::x509::now() + from_now);
}

namespace {

std::vector<std::string> of_severity(const std::vector<persona::x509::LoadError>& found,
                                     persona::x509::LoadError::Severity severity) {
  std::vector<std::string> texts;
  for (const auto& each : found) {
    if (each.severity == severity) {
      texts.push_back(each.message);
    }
  }
  return texts;
}

}  // namespace

std::vector<std::string> messages(const std::vector<persona::x509::LoadError>& errors) {
  return of_severity(errors, persona::x509::LoadError::Severity::error);
}

std::vector<std::string> warnings(const std::vector<persona::x509::LoadError>& errors) {
  return of_severity(errors, persona::x509::LoadError::Severity::warning);
}

}  // namespace support
