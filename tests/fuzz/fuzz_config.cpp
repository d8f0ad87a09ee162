// Any bytes as a configuration file: no crash, no hang, and a file without errors has what a service needs to
// start.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace persona::config;
  const Loaded loaded = parse("fuzz.yaml", std::string_view(reinterpret_cast<const char*>(data), size));
  const std::string rendered = loaded.report.render();
  const Config& config = loaded.config;
  const bool complete =
      !config.name.empty() && !config.listen.empty() && !config.tls.ciphers.empty() &&
      !config.tls.groups.empty() && !config.identity.certificate.value.empty() &&
      !config.identity.private_key.value.empty() &&
      (config.mode == Mode::gateway ? config.service.has_value() && !config.gateway.server_name
                                    : !config.gateway.addresses.empty()) &&
      (!config.trust.ca.empty() || config.client_certificate == ClientCertificate::none);
  if (loaded.report.has_errors() ? rendered.empty() : !complete) {
    std::abort();
  }
  return 0;
}
