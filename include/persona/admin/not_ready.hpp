// Why nobody should be sent here now: what /readyz and the status say.
#pragma once

#include <string>
#include <vector>

#include "persona/admin/report.hpp"

namespace persona::admin {

/// A sentence for each reason; empty: it is ready. They are told to other machines too, so no path is in
/// them.
///
/// A service is not ready once its own certificate, all of trust.ca or a CRL that counts has expired, and
/// with `ready.gateway` while all that it dials rests, which is a minute at most: then somebody has to try
/// again, and nobody would who waits for it to be ready. An intermediate is no reason, because peers may do
/// without it.
std::vector<std::string> not_ready(const State& state);

}  // namespace persona::admin
