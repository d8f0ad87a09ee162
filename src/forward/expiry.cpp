#include "persona/forward/expiry.hpp"

namespace persona::forward {

std::string_view to_string(Expiry::Role role) {
  switch (role) {
    case Expiry::Role::leaf:
      return "leaf";
    case Expiry::Role::intermediate:
      return "intermediate";
    case Expiry::Role::ca:
      return "ca";
    case Expiry::Role::gateway:
      return "gateway";
  }
  return {};
}

}  // namespace persona::forward
