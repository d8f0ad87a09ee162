#include "persona/agent/keys.hpp"

#include <algorithm>
#include <utility>

#include <mbedtls/pk.h>

#include "persona/agent/signed_content.hpp"
#include "persona/pk/signer.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::agent {

namespace {

constexpr std::size_t longest_signature = MBEDTLS_PK_SIGNATURE_MAX_SIZE;

bool has_scheme(const mbedtls_pk_context& key, pk::Scheme scheme) {
  return (mbedtls_pk_get_type(&key) == MBEDTLS_PK_RSA) == (scheme != pk::Scheme::ecdsa);
}

}  // namespace

Keys::Keys(Rules rules, const std::vector<std::shared_ptr<const identity::Identity>>& identities)
    : rules_(std::move(rules)) {
  for (const auto& each : identities) {
    const mbedtls_x509_crt& leaf = *each->chain().get();
    entries_.try_emplace(x509::spki_pin_of(leaf).sha256, Entry{each, x509::display_name(leaf)});
  }
}

const std::string* Keys::words_of(net::UserId user) const {
  const auto found = rules_.users.find(user);
  return found == rules_.users.end() ? nullptr : &found->second;
}

std::vector<std::string> Keys::names() const {
  std::vector<std::string> all;
  for (const auto& [pin, entry] : entries_) {
    all.push_back(entry.name);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string Keys::name_of(const SpkiPin& key) const {
  const auto found = entries_.find(key.sha256);
  return found == entries_.end() ? "" : found->second.name;
}

std::vector<pk::Scheme> Keys::schemes_of(const SpkiPin& key) const {
  std::vector<pk::Scheme> schemes;
  const auto found = entries_.find(key.sha256);
  for (const auto each : {pk::Scheme::ecdsa, pk::Scheme::rsa_pkcs1, pk::Scheme::rsa_pss}) {
    if (found != entries_.end() && has_scheme(*found->second.identity->key(), each) &&
        found->second.identity->can(each)) {
      schemes.push_back(each);
    }
  }
  return schemes;
}

Result<Bytes> Keys::sign(const SpkiPin& key, const ToSign& order) const {
  const auto found = entries_.find(key.sha256);
  if (found == entries_.end()) {
    return fail(ErrorKind::peer, "{}", rules_.missing);
  }
  if (order.message == Message::tls12_client_hash && !rules_.tls12_client_hashes) {
    return fail(
        ErrorKind::peer,
        "of a client in TLS 1.2 there is only a hash, which is not signed here: let the gateway speak "
        "TLS 1.3, or set tls12: true for the agent");
  }
  mbedtls_pk_context& own = *found->second.identity->key();
  if (!has_scheme(own, order.scheme)) {
    return fail(ErrorKind::peer, "the key is not one for this \"scheme\"");
  }
  const auto digest = digest_of(order);
  if (!digest) {
    return tl::unexpected(digest.error());
  }
  const auto md = order.hash == pk::Hash::sha256   ? MBEDTLS_MD_SHA256
                  : order.hash == pk::Hash::sha384 ? MBEDTLS_MD_SHA384
                                                   : MBEDTLS_MD_SHA512;
  const auto type = order.scheme == pk::Scheme::rsa_pss     ? MBEDTLS_PK_RSASSA_PSS
                    : order.scheme == pk::Scheme::rsa_pkcs1 ? MBEDTLS_PK_RSA
                                                            : MBEDTLS_PK_ECDSA;
  Bytes signature(longest_signature);
  std::size_t size = 0;
  const int status = mbedtls_pk_sign_ext(type, &own, md, digest->data(), digest->size(), signature.data(),
                                         signature.size(), &size, x509::psa_random, nullptr);
  const std::string why = pk::take_failure();
  if (status != 0) {
    return fail(ErrorKind::internal, "the key could not sign: {}",
                why.empty() ? fmt::format("mbedTLS -0x{:04x}", -status) : why);
  }
  signature.resize(size);
  return signature;
}

}  // namespace persona::agent
