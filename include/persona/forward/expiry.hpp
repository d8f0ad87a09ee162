// When certificates expire.
#pragma once

#include <string>
#include <string_view>

#include "persona/x509/time.hpp"

namespace persona::forward {

struct Expiry {
  enum class Role {
    leaf,          ///< ours
    intermediate,  ///< of our chain
    ca,            ///< of trust.ca
    gateway,       ///< the gateway's leaf, as last seen
  };

  Role role = Role::leaf;
  std::string name;  ///< of the certificate
  x509::TimePoint not_after;
};

/// The `role` label of the gauge.
std::string_view to_string(Expiry::Role role);

}  // namespace persona::forward
