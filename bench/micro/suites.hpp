// What is measured: every AEAD by every provider that runs here.
#pragma once

#include <benchmark/benchmark.h>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/tls/aead.hpp"

namespace persona::bench {

struct Suite {
  const char* name;
  Aead algorithm;
  std::uint16_t code_point;
  std::size_t secret_size;
};

inline constexpr Suite suites[] = {
    {"AES-128-GCM", Aead::aes_128_gcm, 0x1301, 32},
    {"AES-256-GCM", Aead::aes_256_gcm, 0x1302, 48},
    {"ChaCha20-Poly1305", Aead::chacha20_poly1305, 0x1303, 32},
};

using Benchmark = void (*)(benchmark::State&, const Suite&, tls::AeadProvider);

/// Registers `run` as "what/suite/provider/size" for each of `sizes` bytes.
inline void measure(const std::string& what, Benchmark run, const std::vector<std::int64_t>& sizes) {
  for (const Suite& suite : suites) {
    for (const tls::AeadProvider provider : {tls::AeadProvider::ipsec_mb, tls::AeadProvider::psa}) {
      if (!tls::aead_provider_available(provider)) {
        continue;
      }
      const std::string name =
          what + "/" + suite.name + "/" + (provider == tls::AeadProvider::psa ? "psa" : "ipsec-mb");
      auto* registered = benchmark::RegisterBenchmark(
          name.c_str(), [run, &suite, provider](benchmark::State& state) { run(state, suite, provider); });
      for (const std::int64_t size : sizes) {
        registered->Arg(size);
      }
    }
  }
}

/// A benchmark that does not work measures nothing.
inline void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void measure_aead();
void measure_records();

}  // namespace persona::bench
