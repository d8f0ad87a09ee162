// persona version: the versions of persona and its libraries.
#include <fmt/format.h>

#include "commands.hpp"
#include "persona/net/loop.hpp"
#include "persona/pk/primitives.hpp"
#include "persona/pk/provider.hpp"
#include "persona/tls/aead.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::cli {

std::string version_text() {
  return fmt::format(
      "persona {}\nmbedTLS {} ({})\nlibuv {}\nAEAD provider: {}\npublic-key provider: {}\n{}\nbuilt with {}",
      PERSONA_VERSION, x509::crypto_library_version(), PERSONA_MBEDTLS_ORIGIN, net::libuv_version(),
      tls::describe_aead_provider(tls::default_aead_provider()),
      pk::describe_provider(pk::default_provider()), pk::describe_primitives(pk::default_primitives()),
      PERSONA_BUILT_WITH);
}

int version(std::FILE* out) {
  std::fprintf(out, "%s\n", version_text().c_str());
  return exit_done;
}

}  // namespace persona::cli
