// Who we are: a certificate chain with its private key.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/identity/certificate.hpp"

struct mbedtls_pk_context;

namespace persona::identity {

/// Which of the files named is at fault, so that the caller can point at its line.
struct LoadError {
  enum class Part { certificate, private_key, password_file, ca, crl };

  Part part = Part::certificate;
  std::size_t index = 0;  ///< of the file, where there may be several
  std::string message;    ///< "certificate expired 3 days ago (2026-11-18): CN=client"
};

struct IdentityFiles {
  std::filesystem::path certificate;
  std::filesystem::path private_key;
  std::optional<std::filesystem::path> password_file;
};

/// A certificate chain (leaf first) and its private key. Immutable and shared by all loops; signing is
/// thread-safe because mbedTLS is built with threading. The key is zeroised when the last user lets go.
class Identity {
 public:
  /// Checks that the files are readable, the key matches the leaf, and no certificate of the chain is expired
  /// or not yet valid. All problems found are reported.
  static tl::expected<std::shared_ptr<const Identity>, std::vector<LoadError>> load(
      const IdentityFiles& files);

  /// The same from memory. The texts are not kept.
  static tl::expected<std::shared_ptr<const Identity>, std::vector<LoadError>> from_pem(
      std::string_view certificate, std::string_view private_key, std::optional<std::string_view> password);

  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  const CertificateList& chain() const { return chain_; }
  mbedtls_pk_context* key() const { return key_.get(); }  // mbedTLS signs through a non-const pointer

 private:
  Identity();

  CertificateList chain_;
  struct KeyDeleter {
    void operator()(mbedtls_pk_context* key) const;
  };
  std::unique_ptr<mbedtls_pk_context, KeyDeleter> key_;
};

/// A warning in words when others than the owner may read the file, else nothing.
/// Platform: identity/permissions_posix.cpp.
std::optional<std::string> permission_warning(const std::filesystem::path& private_key);

}  // namespace persona::identity
