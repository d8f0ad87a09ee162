#include "persona/x509/crypto.hpp"
#include "suites.hpp"

int main(int argc, char** argv) {
  persona::bench::demand(persona::x509::initialise_crypto().has_value());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::AddCustomContext("default AEAD provider",
                              persona::tls::describe_aead_provider(persona::tls::default_aead_provider()));
  persona::bench::measure_aead();
  persona::bench::measure_records();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
