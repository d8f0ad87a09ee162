// A private key on a token.
#pragma once

#include <memory>
#include <optional>

#include "link.hpp"
#include "memory.hpp"
#include "persona/pk/signer.hpp"
#include "persona/token/uri.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/secret.hpp"
#include "turn.hpp"

namespace persona::token {

/// Finds the token and its key when they are first needed, and again when they have gone: a signature that
/// fails because what was known of the token no longer counts is tried once more, from the beginning.
class TokenSigner final : public pk::Signer {
 public:
  static constexpr Milliseconds patience{5'000};  ///< while another thread looks for the token

  /// `certificates`: the leaf first; there is at least one.
  TokenSigner(Uri uri, std::optional<x509::Secret> pin, x509::CertificateList certificates);

  Result<std::size_t> sign(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                           ByteSpan signature) const override;
  bool can(pk::Scheme scheme) const override;
  bool is_slow() const override { return true; }

  /// Signs in every way that suits the key, to learn what works. Fails if none does. Blocks.
  TokenResult<void> probe() const;

 private:
  struct Key {
    std::shared_ptr<Link> link;
    CK_OBJECT_HANDLE handle = 0;
    bool asks_for_pin = false;
  };

  const x509::Secret* pin() const { return pin_ ? &*pin_ : nullptr; }
  bool is_rsa() const;
  TokenResult<Key> key() const;
  TokenResult<Key> find() const;
  void lose(Key& key) const;
  TokenResult<Bytes> sign_by(const Key& key, pk::Scheme scheme, pk::Hash hash, ByteView digest) const;
  TokenResult<Bytes> sign_with_a_fresh_try(pk::Scheme scheme, pk::Hash hash, ByteView digest) const;

  Uri uri_;
  std::optional<x509::Secret> pin_;
  x509::CertificateList certificates_;
  std::shared_ptr<Abilities> abilities_;
  mutable Turn turn_;  // of key_, and while it is looked for
  mutable std::optional<Key> key_;
};

}  // namespace persona::token
