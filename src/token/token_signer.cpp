#include "token_signer.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <utility>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/text.hpp"
#include "persona/pk/ecdsa_signature.hpp"
#include "signatures.hpp"

namespace persona::token {

namespace {

/// Does the token say so, rather than that it is broken or that something is to be done first?
bool says_that_it_cannot(CK_RV code) {
  switch (code) {
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_KEY_SIZE_RANGE:
    case CKR_FUNCTION_NOT_SUPPORTED:
    case CKR_DATA_INVALID:
    case CKR_DATA_LEN_RANGE:
    case CKR_ARGUMENTS_BAD:
      return true;
    default:
      return false;
  }
}

constexpr std::string_view name_of(pk::Scheme scheme) {
  return scheme == pk::Scheme::ecdsa       ? "ECDSA (CKM_ECDSA)"
         : scheme == pk::Scheme::rsa_pkcs1 ? "RSA PKCS#1 v1.5 (CKM_RSA_PKCS)"
                                           : "RSA-PSS (CKM_RSA_PKCS_PSS)";
}

CK_RSA_PKCS_PSS_PARAMS pss_of(pk::Hash hash) {
  const CK_ULONG salt = pk::size_of(hash);
  switch (hash) {
    case pk::Hash::sha384:
      return {CKM_SHA384, CKG_MGF1_SHA384, salt};
    case pk::Hash::sha512:
      return {CKM_SHA512, CKG_MGF1_SHA512, salt};
    case pk::Hash::sha256:
      break;
  }
  return {CKM_SHA256, CKG_MGF1_SHA256, salt};
}

}  // namespace

TokenSigner::TokenSigner(Uri uri, std::optional<x509::Secret> pin, x509::CertificateList certificates)
    : uri_(std::move(uri)),
      pin_(std::move(pin)),
      certificates_(std::move(certificates)),
      abilities_(Abilities::of(uri_.text())) {}

bool TokenSigner::is_rsa() const {
  return mbedtls_pk_get_type(&certificates_.get()->pk) == MBEDTLS_PK_RSA;
}

bool TokenSigner::can(pk::Scheme scheme) const {
  switch (scheme) {
    case pk::Scheme::ecdsa:
      return !is_rsa();
    case pk::Scheme::rsa_pkcs1:
      return is_rsa() && abilities_->rsa_pkcs1;
    case pk::Scheme::rsa_pss:
      return is_rsa() && abilities_->rsa_pss;
  }
  return false;
}

Result<std::size_t> TokenSigner::sign(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                                      ByteSpan signature) const {
  const auto made = sign_with_a_fresh_try(scheme, hash, digest);
  if (!made) {
    return fail(
        ErrorKind::network, "{}{}", made.error().message,
        scheme == pk::Scheme::rsa_pss && says_that_it_cannot(made.error().code)
            ? "; it cannot sign by RSA-PSS: let persona reload, and it keeps to TLS 1.2, where the other "
              "end has to take PKCS#1 v1.5"
            : "");
  }
  if (made->size() > signature.size() ||
      !pk::verifies(certificates_.get()->pk, scheme, hash, digest, *made)) {
    return fail(
        ErrorKind::network,
        "the key of {} gave a signature by {} that is not one by our certificate's key, which was not sent",
        printable(uri_.text()), name_of(scheme));
  }
  std::copy(made->begin(), made->end(), signature.begin());
  return made->size();
}

TokenResult<void> TokenSigner::probe() const {
  constexpr std::array<std::uint8_t, 32> digest{0x70, 0x65, 0x72, 0x73, 0x6f, 0x6e, 0x61};
  const std::vector<pk::Scheme> schemes =
      is_rsa() ? std::vector{pk::Scheme::rsa_pkcs1, pk::Scheme::rsa_pss} : std::vector{pk::Scheme::ecdsa};
  std::optional<TokenError> last;
  bool works = false;
  for (const pk::Scheme scheme : schemes) {
    const auto made = sign_with_a_fresh_try(scheme, pk::Hash::sha256, digest);
    if (!made && !says_that_it_cannot(made.error().code)) {
      return tl::unexpected(made.error());
    }
    // Some pad RSA-PSS with a salt of another length, whatever they are told.
    const bool is_good =
        made && pk::verifies(certificates_.get()->pk, scheme, pk::Hash::sha256, digest, *made);
    works = works || is_good;
    if (scheme != pk::Scheme::ecdsa) {
      (scheme == pk::Scheme::rsa_pss ? abilities_->rsa_pss : abilities_->rsa_pkcs1) = is_good;
    }
    if (!is_good) {
      const bool is_another = made || made.error().code == CKR_KEY_TYPE_INCONSISTENT;
      last = is_another
                 ? TokenError{Fault::wrong,
                              fmt::format("the key of {} does not match the certificate: name the right one "
                                          "by id= or object=, or the certificate that belongs to it",
                                          printable(uri_.text())),
                              CKR_OK}
                 : made.error();
    }
  }
  if (!works) {
    return tl::unexpected(*last);
  }
  return {};
}

TokenResult<Bytes> TokenSigner::sign_with_a_fresh_try(pk::Scheme scheme, pk::Hash hash,
                                                      ByteView digest) const {
  for (bool again = false;; again = true) {
    auto found = key();
    auto made =
        found ? sign_by(*found, scheme, hash, digest) : TokenResult<Bytes>(tl::unexpected(found.error()));
    if (made || made.error().fault != Fault::lost) {
      return made;
    }
    if (found) {
      lose(*found);
    }
    if (again) {
      made.error().fault = Fault::away;
      return made;
    }
  }
}

TokenResult<TokenSigner::Key> TokenSigner::key() const {
  const std::unique_lock lock(turn_, patience);
  if (!lock) {
    return token_failure(Fault::away, fmt::format("the token of {} does not answer", printable(uri_.text())));
  }
  if (!key_) {
    auto found = find();
    if (!found) {
      return found;
    }
    key_ = std::move(*found);
  }
  return *key_;
}

TokenResult<TokenSigner::Key> TokenSigner::find() const {
  auto link = Link::find(uri_, pin());
  if (!link) {
    return tl::unexpected(link.error());
  }
  const auto keys = (*link)->objects(uri_, CKO_PRIVATE_KEY);
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  if (keys->empty()) {
    return token_failure(
        Fault::wrong,
        fmt::format("{} has no private key {}{}", (*link)->name(), printable(uri_.text()),
                    !pin_ && (*link)->wants_login()
                        ? ", or shows it only after a login: name a file with its PIN by pin-source"
                        : ""));
  }
  if (keys->size() > 1) {
    return token_failure(
        Fault::wrong,
        fmt::format("{} has several private keys {}: name the one by id=, as \"p11tool --list-privkeys\" "
                    "shows it",
                    (*link)->name(), printable(uri_.text())));
  }
  const auto asks = (*link)->attribute(keys->front(), CKA_ALWAYS_AUTHENTICATE);
  if (!asks) {
    return tl::unexpected(asks.error());
  }
  const bool asks_for_pin = asks->has_value() && !(*asks)->empty() && (*asks)->front() != CK_FALSE;
  return Key{std::move(*link), keys->front(), asks_for_pin};
}

void TokenSigner::lose(Key& key) const {
  if (const std::unique_lock lock(turn_, patience); lock && key_ && key_->link == key.link) {
    key_.reset();
    key.link->is_lost();
  }
  key.link.reset();
}

TokenResult<Bytes> TokenSigner::sign_by(const Key& key, pk::Scheme scheme, pk::Hash hash,
                                        ByteView digest) const {
  Link::Order order;
  order.key = key.handle;
  order.asks_for_pin = key.asks_for_pin;
  CK_RSA_PKCS_PSS_PARAMS pss = pss_of(hash);
  Bytes info;
  switch (scheme) {
    case pk::Scheme::ecdsa:
      order.mechanism = {CKM_ECDSA, nullptr, 0};
      order.input = leftmost_bits(digest, mbedtls_pk_get_bitlen(&certificates_.get()->pk));
      break;
    case pk::Scheme::rsa_pkcs1:
      info = digest_info(hash, digest);
      order.mechanism = {CKM_RSA_PKCS, nullptr, 0};
      order.input = info;
      break;
    case pk::Scheme::rsa_pss:
      order.mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof pss};
      order.input = digest;
      break;
  }
  auto made = key.link->sign(order, pin());
  if (!made || scheme != pk::Scheme::ecdsa) {
    return made;
  }
  Bytes der(made->size() + pk::most_more_in_der);
  const auto size = pk::der_of_raw(*made, der);
  if (!size) {
    return token_failure(Fault::wrong,
                         fmt::format("{} gave something that is no ECDSA signature", key.link->name()));
  }
  der.resize(*size);
  return der;
}

}  // namespace persona::token
