// A private key that signs, wherever it is: in memory, on a token, in another process.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"

struct mbedtls_pk_context;

namespace persona::pk {

enum class Scheme {
  ecdsa,      ///< an ECDSA-Sig-Value in DER (RFC 5480 appendix A)
  rsa_pkcs1,  ///< RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), with the DigestInfo of the hash
  rsa_pss,    ///< RSASSA-PSS (section 8.1), MGF1 with the same hash, a salt as long as the hash (RFC 8446
              ///< section 4.2.3)
};

enum class Hash { sha256, sha384, sha512 };

/// In bytes.
std::size_t size_of(Hash hash);

/// Thread-safe: all connections of an identity share its signer. May block, so it is called on threads of the
/// handshake pool alone. Key material is zeroised by the destructor.
class Signer {
 public:
  virtual ~Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  /// Signs `digest`, which has the size of `hash`, and returns how much of `signature` it has written. An
  /// error's message is the end of "our private key could not sign: ".
  virtual Result<std::size_t> sign(Scheme scheme, Hash hash, ByteView digest, ByteSpan signature) const = 0;

  /// The same for signers that are to see what they sign. `digest` is that of `content`: all that is signed
  /// in TLS 1.3 (RFC 8446 section 4.4.3), or both random values and the parameters of a key exchange of
  /// TLS 1.2 (RFC 5246 section 7.4.3). Empty: only the digest is known, as for a client in TLS 1.2.
  virtual Result<std::size_t> sign_content(Scheme scheme, Hash hash, ByteView digest, ByteView content,
                                           ByteSpan signature) const {
    static_cast<void>(content);
    return sign(scheme, hash, digest, signature);
  }

  /// False: it never signs so, and connections must not come to ask for it. Any thread, at once.
  virtual bool can(Scheme scheme) const {
    static_cast<void>(scheme);
    return true;
  }

  /// It waits for somebody else (a process, a token): handshakes that need it have threads of their own.
  virtual bool is_slow() const { return false; }

 protected:
  Signer() = default;
};

/// Is it a signature of this digest by this key? For those who sign elsewhere: what they give is looked at
/// before it is sent, as a faulty one by RSA may tell the key (Boneh, DeMillo, Lipton 1997).
bool verifies(mbedtls_pk_context& public_key, Scheme scheme, Hash hash, ByteView digest, ByteView signature);

/// A signer by the provider in use, with a copy of this private key. Null where mbedTLS signs best by itself,
/// with the key as it is: without libcrypto, or where that is slower (P-384 before OpenSSL 3.2).
Result<std::unique_ptr<const Signer>> make_signer(const mbedtls_pk_context& key);

/// False: this build's mbedTLS has no place for a signer (it lacks cmake/mbedtls-pk-signer.patch).
bool signers_are_supported();

/// Makes of `context`, which is initialised and empty, one that mbedTLS uses like a private key, and for
/// which `signer` signs. It has a copy of `public_key`, and must not outlive the signer.
Result<void> set_up(mbedtls_pk_context& context, const mbedtls_pk_context& public_key, const Signer& signer);

/// Why a signer has failed on this thread, and forgets it: mbedTLS only hands on a code
/// (MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED). Empty if none has. Longer messages are cut.
std::string take_failure();

}  // namespace persona::pk
