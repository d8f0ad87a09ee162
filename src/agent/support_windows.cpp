#include "persona/agent/agent_signer.hpp"

namespace persona::agent {

bool agents_are_supported() {
  return false;
}

}  // namespace persona::agent
