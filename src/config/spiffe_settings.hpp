// `identity.spiffe`: an identity from SPIFFE's Workload API.
#pragma once

#include "value.hpp"

namespace persona::config {

/// `spiffe` with `spiffe_id` and `spiffe_wait`, in place of files. False: it is not there, and the identity
/// is elsewhere.
bool read_spiffe(Section& section, Identity& identity);

}  // namespace persona::config
