// limits.max_age: when a connection has to end for its age.
#pragma once

#include "persona/base/duration.hpp"
#include "persona/forward/places.hpp"

namespace persona::forward {

/// Ages, counted from when it was accepted.
struct AgeLimit {
  Milliseconds orderly;  ///< from then on it is ended at the first quiet moment
  Milliseconds latest;   ///< and then at any
};

/// `max_age` (above zero) less a part of up to a tenth, which differs from connection to connection, so that
/// those that were opened together do not come back together; `latest` is a tenth of it later.
AgeLimit age_limit(Milliseconds max_age, Places::Number connection);

/// Nothing has moved for so long at a quiet moment.
Milliseconds quiet_moment(Milliseconds max_age);

}  // namespace persona::forward
