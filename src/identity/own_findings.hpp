// What is wrong with our own certificates, apart from their dates, before a peer says so in an alert of few
// words.
#pragma once

#include <string>
#include <vector>

#include "persona/identity/certificate.hpp"
#include "persona/identity/identity.hpp"

namespace persona::identity {

/// Usage, key usage and kind of the leaf, and how the certificates of the chain are signed.
std::vector<LoadError> own_findings(const CertificateList& chain, IdentityUse use);

}  // namespace persona::identity
