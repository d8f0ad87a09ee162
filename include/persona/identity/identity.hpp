// Who we are: a certificate chain with its private key.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/pk/signer.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"

struct mbedtls_pk_context;

namespace persona::identity {

/// What the leaf must be usable for.
enum class IdentityUse { any, client, server };

struct IdentityFiles {
  std::filesystem::path certificate;  ///< PEM, DER or PKCS#12
  std::filesystem::path private_key;  ///< empty: the certificate file has it
  std::optional<std::filesystem::path> password_file;
  IdentityUse use = IdentityUse::any;
  /// Who signs instead of a key in a file, in words of the configuration; load() is not for those. It counts
  /// for content_digest().
  std::string key_elsewhere{};
};

/// A certificate chain (leaf first, then each issuer) and its private key, or who signs for it. Immutable and
/// shared by all loops; signing is thread-safe because mbedTLS is built with threading and signers are
/// thread-safe. The key is zeroised when the last user releases it.
class Identity {
 public:
  using Loaded = tl::expected<std::shared_ptr<const Identity>, std::vector<x509::LoadError>>;

  /// Checks that the files are readable, that the key matches a certificate (which becomes the leaf), that
  /// the certificates form a chain, that none of them is expired, not yet valid or weakly signed, and that
  /// the leaf is usable for `use`. Reports all problems found: a failure has at least one error, and the
  /// warnings too.
  static Loaded load(const IdentityFiles& files);

  /// The same from memory. If `private_key` is empty, the certificate text has it. The texts are not kept;
  /// they are called `source` in messages, if that is not empty.
  static Loaded from_pem(std::string_view certificate, std::string_view private_key,
                         std::optional<std::string_view> password, IdentityUse use = IdentityUse::any,
                         std::string_view source = "");

  /// The same from a PKCS#12 file (RFC 7292), DER.
  static Loaded from_pkcs12(std::string_view der, std::optional<std::string_view> password,
                            IdentityUse use = IdentityUse::any);

  /// The same for a private key that is elsewhere: `certificate` is PEM, leaf first, and is called `source`
  /// in messages. Fails if this build's mbedTLS cannot be given a signer. Whether the signer has the key of
  /// the leaf shows when it signs.
  static Loaded with_signer(std::string_view certificate, std::unique_ptr<const pk::Signer> signer,
                            IdentityUse use = IdentityUse::any,
                            std::string_view source = "the certificate text");

  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  const x509::CertificateList& chain() const { return chain_; }

  /// What mbedTLS signs with, through a non-const pointer: the private key, or the public key with a signer
  /// behind it.
  mbedtls_pk_context* key() const { return key_.get(); }

  /// False: its signer never signs so. The kind of the key is not looked at.
  bool can(pk::Scheme scheme) const { return signer_ == nullptr || signer_->can(scheme); }

  /// The only version of TLS that its signer can do; nothing: any. An RSA key that cannot do RSA-PSS has no
  /// signature for TLS 1.3 (RFC 8446 section 4.2.3). One that can do nothing else is kept to TLS 1.3, because
  /// in TLS 1.2 mbedTLS takes PKCS#1 v1.5 wherever the peer has it.
  std::optional<TlsVersion> only_version() const;

  /// Signing waits for somebody else: see pk::Signer.
  bool is_slow() const { return signer_ != nullptr && signer_->is_slow(); }

  /// What was found but is not fatal: a corrected order, superfluous certificates, permissions.
  const std::vector<x509::LoadError>& warnings() const { return warnings_; }

 private:
  friend class IdentityLoader;  // identity.cpp
  Identity();

  x509::CertificateList chain_;
  struct KeyDeleter {
    void operator()(mbedtls_pk_context* key) const;
  };
  std::unique_ptr<const pk::Signer> signer_;  // null: the key itself signs
  std::unique_ptr<mbedtls_pk_context, KeyDeleter> key_;
  std::vector<x509::LoadError> warnings_;
};

}  // namespace persona::identity
