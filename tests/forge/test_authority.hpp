// Certificates of an authority that exists within the test alone. Whatever goes wrong is an exception.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/authority.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"

namespace support {

using namespace std::chrono_literals;
using std::chrono::days;

/// "CN=Test CA", valid for ten days.
const persona::authority::Authority& test_authority();

persona::authority::PemPair issue(const persona::authority::IssueRequest& request);
persona::authority::PemPair issue(const std::string& common_name);

/// A certificate for a server of these names, from the test authority.
persona::x509::CertificateList server_certificate(const std::vector<std::string>& dns_names,
                                                  const std::vector<std::string>& addresses = {});

persona::x509::CertificateList list_of(std::string_view pem);

/// The date some time from now, as messages show it.
std::string date(std::chrono::seconds from_now);

/// Of the errors alone.
std::vector<std::string> messages(const std::vector<persona::x509::LoadError>& errors);
std::vector<std::string> warnings(const std::vector<persona::x509::LoadError>& errors);

}  // namespace support
