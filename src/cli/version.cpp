// persona version: the versions of persona and its libraries.
#include <fmt/format.h>

#include "commands.hpp"
#include "persona/identity/certificate.hpp"
#include "persona/net/loop.hpp"
#include "persona/tls/aead.hpp"

namespace persona::cli {

int version(std::FILE* out) {
  const std::string text =
      fmt::format("persona {}\nmbedTLS {} ({})\nlibuv {}\nAEAD provider: {}\n", PERSONA_VERSION,
                  identity::crypto_library_version(), PERSONA_MBEDTLS_ORIGIN, net::libuv_version(),
                  tls::describe_aead_provider(tls::default_aead_provider()));
  std::fputs(text.c_str(), out);
  return exit_done;
}

}  // namespace persona::cli
