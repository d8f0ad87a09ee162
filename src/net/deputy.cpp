#include "persona/net/deputy.hpp"

namespace persona::net {

namespace {

const Deputy* in_use = nullptr;

}  // namespace

void act_through(const Deputy* deputy) {
  in_use = deputy;
}

const Deputy* deputy() {
  return in_use;
}

}  // namespace persona::net
