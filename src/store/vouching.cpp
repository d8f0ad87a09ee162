// Which CAs of a store Windows itself would not trust for TLS.
#include <mbedtls/oid.h>

#include "persona/store/stored_certificate.hpp"
#include "persona/x509/der_reader.hpp"

namespace persona::store {

namespace {

/// Is TLS of that role among the usages? `unreadable`: what to believe of a list that is none.
bool has_usage(ByteView usages, trust::PeerRole role, bool unreadable) {
  x509::DerReader outer(usages);
  const auto content = outer.take(x509::DerReader::sequence);
  if (!content || !outer.empty()) {
    return unreadable;
  }
  x509::DerReader list(*content);
  while (const auto oid = list.take(MBEDTLS_ASN1_OID)) {
    if (x509::is_oid(*oid, MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE) ||
        (role == trust::PeerRole::client ? x509::is_oid(*oid, MBEDTLS_OID_CLIENT_AUTH)
                                         : x509::is_oid(*oid, MBEDTLS_OID_SERVER_AUTH))) {
      return true;
    }
  }
  return !list.empty() && unreadable;
}

}  // namespace

bool may_vouch(const Restrictions& restrictions, trust::PeerRole role, x509::TimePoint now) {
  const auto concerns = [role](const std::optional<Bytes>& usages) {
    return !usages || has_usage(*usages, role, true);
  };
  if (restrictions.usages && !has_usage(*restrictions.usages, role, false)) {
    return false;
  }
  if (restrictions.disallowed_since) {
    if (*restrictions.disallowed_since <= now && concerns(restrictions.disallowed_usages)) {
      return false;
    }
  } else if (restrictions.disallowed_usages && concerns(restrictions.disallowed_usages)) {
    return false;
  }
  return !restrictions.not_issued_after || !concerns(restrictions.not_issued_after_usages);
}

}  // namespace persona::store
