// What of a configuration's certificates and lists expires soon, or is missing.
#pragma once

#include <cstddef>

#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::cli {

/// "certificate expires in 12 days (2026-12-03): CN=client", when it does so soon.
void warn_of_expiry(const forward::Expiry& expiry, config::Mark mark, config::Report& report);

/// `file`: its index in trust.ca, behind which the store comes.
config::Mark mark_of_ca(const config::Config& config, std::size_t file);

/// The same of a CRL, by the index in trust.crl.
config::Mark mark_of_crl(const config::Config& config, std::size_t file);

/// What refuses connections later: CRLs that have expired or will soon, CAs that have none.
void warn_of_revocation_lists(const trust::TrustStore& trust, const config::Config& config,
                              config::Report& report);

/// One line for each file: a public bundle may have several.
void warn_of_expiring_cas(const trust::TrustStore& trust, const config::Config& config,
                          config::Report& report);

}  // namespace persona::cli
