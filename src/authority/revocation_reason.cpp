#include "persona/authority/revocation_reason.hpp"

#include "persona/x509/crl_reader.hpp"

namespace persona::authority {

std::string_view reason_in_words(RevocationReason reason) {
  return x509::crl_reason_in_words(static_cast<int>(reason));
}

std::optional<RevocationReason> parse_reason(std::string_view word) {
  for (const RevocationReason reason :
       {RevocationReason::unspecified, RevocationReason::key_compromise,
        RevocationReason::affiliation_changed, RevocationReason::superseded,
        RevocationReason::cessation_of_operation, RevocationReason::privilege_withdrawn}) {
    if (reason_in_words(reason) == word) {
      return reason;
    }
  }
  return std::nullopt;
}

}  // namespace persona::authority
