// persona version: which versions of what this is.
#include <fmt/format.h>

#include "persona/cli/commands.hpp"
#include "persona/identity/certificate.hpp"
#include "persona/net/loop.hpp"

namespace persona::cli {

int version(std::FILE* out) {
  const std::string text =
      fmt::format("persona {}\nmbedTLS {}\nlibuv {}\nAEAD provider: mbedTLS\n", PERSONA_VERSION,
                  identity::crypto_library_version(), net::libuv_version());
  std::fputs(text.c_str(), out);
  return exit_done;
}

}  // namespace persona::cli
