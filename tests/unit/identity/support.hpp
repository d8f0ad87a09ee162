// What the tests of identity share.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../../support/temporary_folder.hpp"
#include "persona/identity/certificate.hpp"
#include "persona/identity/identity.hpp"
#include "persona/identity/pki.hpp"
#include "persona/identity/verify.hpp"

namespace support {

using namespace std::chrono_literals;
using std::chrono::days;

/// "CN=Test CA", valid for ten days.
const persona::identity::Authority& test_authority();

persona::identity::PemPair issue(const persona::identity::IssueRequest& request);
persona::identity::PemPair issue(const std::string& common_name);

/// A certificate for a server of these names, from the test authority.
persona::identity::CertificateList server_certificate(const std::vector<std::string>& dns_names,
                                                      const std::vector<std::string>& addresses = {});

persona::identity::CertificateList list_of(std::string_view pem);

/// The date some time from now, as messages show it.
std::string date(std::chrono::seconds from_now);

/// Of the errors alone.
std::vector<std::string> messages(const std::vector<persona::identity::LoadError>& errors);
std::vector<std::string> warnings(const std::vector<persona::identity::LoadError>& errors);

}  // namespace support
