// When certificates expire.
#pragma once

#include <string>
#include <string_view>

#include "persona/x509/time.hpp"

namespace persona::forward {

struct Expiry {
  enum class Role {
    leaf,          ///< our own certificate
    intermediate,  ///< in our chain
    ca,            ///< in trust.ca
    gateway,       ///< the gateway's leaf, as last seen
  };

  Role role = Role::leaf;
  std::string name;  ///< the certificate's
  x509::TimePoint not_after;
};

/// The `role` label of the gauge.
std::string_view to_string(Expiry::Role role);

}  // namespace persona::forward
