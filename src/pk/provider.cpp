#include "persona/pk/provider.hpp"

#include <atomic>

#include "libcrypto.hpp"

namespace persona::pk {

namespace {

std::atomic<Provider> provider_in_use = Provider::mbedtls;  // until it is started

}  // namespace

Provider default_provider() {
  return libcrypto_compiled_in() ? Provider::libcrypto : Provider::mbedtls;
}

bool provider_available(Provider provider) {
  return provider == Provider::mbedtls || libcrypto_compiled_in();
}

Result<void> start(Provider provider) {
  if (provider == Provider::libcrypto) {
    if (auto started = start_libcrypto(); !started) {
      return started;
    }
  }
  use(provider);
  return {};
}

void use(Provider provider) {
  let_libcrypto_verify(provider == Provider::libcrypto);
  provider_in_use = provider;
}

std::string describe_provider(Provider provider) {
  return provider == Provider::libcrypto ? describe_libcrypto() : "mbedTLS";
}

Result<std::unique_ptr<const Signer>> make_signer(const mbedtls_pk_context& key) {
  if (provider_in_use == Provider::mbedtls) {
    return nullptr;
  }
  return make_libcrypto_signer(key);
}

}  // namespace persona::pk
