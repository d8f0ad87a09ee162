#include "persona/agent/agent_signer.hpp"

namespace persona::agent {

bool agents_are_supported() {
  return true;
}

}  // namespace persona::agent
