#include "persona/identity/digest.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <psa/crypto.h>

#include "persona/x509/file.hpp"

namespace persona::identity {

namespace {

using Path = std::filesystem::path;

/// SHA-256 over items, each prefixed with its length, so that nothing moves from one to the next unnoticed.
class Digest {
 public:
  Digest() : good_(psa_hash_setup(&hash_, PSA_ALG_SHA_256) == PSA_SUCCESS) {}
  ~Digest() { static_cast<void>(psa_hash_abort(&hash_)); }  // also after a failure
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(std::string_view item) {
    add_number(item.size());
    update(item.data(), item.size());
  }

  void add_number(std::uint64_t number) {
    std::array<std::uint8_t, sizeof number> octets{};
    for (std::uint8_t& octet : octets) {
      octet = static_cast<std::uint8_t>(number);
      number >>= 8U;
    }
    update(octets.data(), octets.size());
  }

  void add_file(const Path& file) {
    const auto content = x509::read_file(file);
    add(content ? "content" : "unreadable");
    add(content ? content->view() : std::string_view(content.error().message));
  }

  void add_files(std::string_view role, const std::vector<Path>& files) {
    add(role);
    add_number(files.size());
    for (const Path& file : files) {
      add_file(file);
    }
  }

  void add_setting(std::string_view name, std::uint64_t value) {
    add(name);
    add_number(value);
  }

  /// Empty if anything has failed.
  std::string finish() {
    std::array<char, PSA_HASH_LENGTH(PSA_ALG_SHA_256)> digest{};
    std::size_t length = 0;
    const bool done = good_ && psa_hash_finish(&hash_, reinterpret_cast<std::uint8_t*>(digest.data()),
                                               digest.size(), &length) == PSA_SUCCESS;
    return done ? std::string(digest.data(), length) : std::string();
  }

 private:
  void update(const void* bytes, std::size_t size) {
    good_ = good_ && psa_hash_update(&hash_, static_cast<const std::uint8_t*>(bytes), size) == PSA_SUCCESS;
  }

  psa_hash_operation_t hash_ = PSA_HASH_OPERATION_INIT;
  bool good_;
};

/// Empty if the configuration does not name the file.
std::vector<Path> named(const Path& file) {
  return file.empty() ? std::vector<Path>() : std::vector<Path>{file};
}

}  // namespace

std::string content_digest(const Path& file) {
  Digest digest;
  digest.add_file(file);
  return digest.finish();
}

std::string content_digest(const IdentityFiles& identity, const trust::TrustFiles& trust) {
  // Bound by name, so that a new member does not compile before it is hashed here.
  const auto& [certificate, private_key, password_file, use, key_elsewhere] = identity;
  const auto& [ca, crl, crl_expired_allowed, role, profile, given] = trust;
  Digest digest;
  digest.add_files("certificate", named(certificate));
  digest.add_files("private_key", named(private_key));
  digest.add_files("password_file", named(password_file.value_or(Path())));
  digest.add(key_elsewhere);
  digest.add_setting("use", static_cast<std::uint64_t>(use));
  digest.add_files("ca", ca);
  digest.add(given.source);
  digest.add(as_text(given.certificates));
  digest.add_number(given.crls.size());
  for (const Bytes& one : given.crls) {
    digest.add(as_text(one));
  }
  digest.add_files("crl", crl);
  digest.add_setting("crl_expired_allowed", crl_expired_allowed ? 1 : 0);
  digest.add_setting("role", role == trust::PeerRole::client ? 1 : 0);
  digest.add_setting("profile", profile == TrustProfile::web_pki ? 1 : 0);
  return digest.finish();
}

}  // namespace persona::identity
