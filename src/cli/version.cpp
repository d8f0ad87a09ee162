// persona version: which versions of what this is.
#include <fmt/format.h>

#include "persona/cli/commands.hpp"
#include "persona/identity/certificate.hpp"

namespace persona::cli {

int version(std::FILE* out) {
  const std::string text = fmt::format("persona {}\nmbedTLS {}\nAEAD provider: mbedTLS\n", PERSONA_VERSION,
                                       identity::crypto_library_version());
  std::fputs(text.c_str(), out);
  return exit_done;
}

}  // namespace persona::cli
