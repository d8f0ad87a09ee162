// Makes keys and certificates (RFC 5280).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/authority/authority.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/private_key.hpp"

namespace persona::authority {

/// "CN=<name>" as RFC 4514 writes it, special characters escaped. Empty for an empty name.
std::string common_name_dn(std::string_view common_name);

/// A fresh EC P-256 key.
Result<x509::PrivateKey> generate_key();

/// PEM, SEC 1. The caller must wipe it.
Result<std::string> key_pem(const mbedtls_pk_context& key);

/// A self-signed CA certificate: basicConstraints CA:TRUE with a path length of 0, keyUsage for certificates
/// and CRLs, and nameConstraints if DNS names are given; all three critical.
Result<std::string> write_authority_certificate(const AuthorityRequest& request, mbedtls_pk_context& key);

/// Who signs. With a null key, the certificate is self-signed.
struct Issuer {
  std::string dn;
  mbedtls_pk_context* key = nullptr;
};

/// A leaf for `subject_key`, whose public half is enough if `issuer` has a key: basicConstraints
/// CA:FALSE and keyUsage digitalSignature, both critical; extendedKeyUsage by usage; subjectAltName.
Result<std::string> write_leaf_certificate(const IssueRequest& request, mbedtls_pk_context& subject_key,
                                           const Issuer& issuer);

}  // namespace persona::authority
