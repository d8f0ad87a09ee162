#include "log_destination.hpp"

namespace persona::log {

Destination default_destination() {
  return standard_error();
}

}  // namespace persona::log
