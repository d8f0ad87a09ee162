// What is wrong with our own certificates, apart from their dates, before a peer says so in an alert of few
// words.
#pragma once

#include <string>
#include <vector>

#include "persona/identity/identity.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"

namespace persona::identity {

/// Usage, key usage and kind of the leaf, and how the certificates of the chain are signed.
std::vector<x509::LoadError> own_findings(const x509::CertificateList& chain, IdentityUse use);

}  // namespace persona::identity
