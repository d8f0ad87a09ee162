// A build without p11-kit.
#include <vector>

#include "persona/token/token_identity.hpp"
#include "persona/token/uri.hpp"

namespace persona::token {

Result<Uri> Uri::parse(std::string_view /*text*/, Object /*object*/) {
  return fail(ErrorKind::configuration,
              "this build of persona has no PKCS#11 tokens (p11-kit); name the file of the key");
}

bool tokens_are_supported() {
  return false;
}

LoadedFromToken load_identity(const Source& /*source*/, identity::IdentityUse /*use*/) {
  return {tl::unexpected(std::vector<x509::LoadError>()), ""};  // there is no Uri to come here with
}

}  // namespace persona::token
