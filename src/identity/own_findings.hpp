// Finds what is wrong with our own certificates, apart from their dates, before a peer refuses them with a
// terse alert.
#pragma once

#include <string>
#include <vector>

#include "persona/identity/identity.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"

namespace persona::identity {

/// Judges the leaf's usages, whether it is a CA's, the size of what is sent, and the signatures and keys of
/// the chain.
std::vector<x509::LoadError> own_findings(const x509::CertificateList& chain, IdentityUse use);

}  // namespace persona::identity
