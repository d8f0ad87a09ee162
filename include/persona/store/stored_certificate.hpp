// What a certificate store of the operating system has, and which of it is meant. No system is asked here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/windows_store.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/peer_role.hpp"
#include "persona/x509/time.hpp"

namespace persona::store {

/// What Windows or an administrator has taken from a CA that is in a store all the same: properties of the
/// certificate there (wincrypt.h, CERT_..._PROP_ID). Usages are an ExtKeyUsageSyntax (RFC 5280 section
/// 4.2.1.12) in DER; absent: all.
struct Restrictions {
  std::optional<Bytes> usages{};                      ///< ENHKEY_USAGE: for these alone
  std::optional<Bytes> disallowed_usages{};           ///< DISALLOWED_ENHKEY_USAGE: not for these
  std::optional<x509::TimePoint> disallowed_since{};  ///< DISALLOWED_FILETIME: since then
  std::optional<x509::TimePoint> not_issued_after{};  ///< NOT_BEFORE_FILETIME: nothing issued since
  std::optional<Bytes> not_issued_after_usages{};     ///< NOT_BEFORE_ENHKEY_USAGE: for these
};

struct StoredCertificate {
  Bytes der;
  bool has_key = false;  ///< the store names a private key for it, which need not be there, or usable
  Restrictions restrictions{};
};

/// One that was chosen.
struct Choice {
  std::size_t index = 0;
  std::string name;        ///< x509::display_name()
  std::string thumbprint;  ///< SHA-1 in upper-case hexadecimal, as Windows shows it
  x509::TimePoint not_after{};
  std::size_t older = 0;  ///< how many others would do as well, and are not as new
};

/// The newest of those in `store` that are meant, have a private key, are for `use` and are valid at `now`;
/// else one sentence. `template_oid`: of the template that is meant, where it is known; empty: it is not.
/// What mbedTLS does not parse is passed over.
Result<Choice> choose(const std::vector<StoredCertificate>& certificates, const StoreName& store,
                      const StoreSelector& selector, std::string_view template_oid, identity::IdentityUse use,
                      x509::TimePoint now);

/// May a CA vouch for peers of that role? Fails closed: one that may vouch for what it issued before some
/// day alone may not, since nobody here looks at that day.
bool may_vouch(const Restrictions& restrictions, trust::PeerRole role, x509::TimePoint now);

}  // namespace persona::store
