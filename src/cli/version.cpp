// persona version: the versions of persona and its libraries.
#include <string_view>

#include <fmt/format.h>

#include "commands.hpp"
#include "persona/net/loop.hpp"
#include "persona/pk/provider.hpp"
#include "persona/tls/aead.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::cli {

std::string version_text() {
  constexpr std::string_view libcrux = PERSONA_LIBCRUX_ORIGIN;
  return fmt::format(
      "persona {}\nmbedTLS {} ({})\nlibuv {}\nAEAD provider: {}\npublic-key provider: {}\nML-KEM: {}",
      PERSONA_VERSION, x509::crypto_library_version(), PERSONA_MBEDTLS_ORIGIN, net::libuv_version(),
      tls::describe_aead_provider(tls::default_aead_provider()),
      pk::describe_provider(pk::default_provider()),
      libcrux.empty() ? "none, so there is no x25519mlkem768" : fmt::format("libcrux {}", libcrux));
}

int version(std::FILE* out) {
  std::fprintf(out, "%s\n", version_text().c_str());
  return exit_done;
}

}  // namespace persona::cli
