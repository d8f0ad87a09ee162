// AeadKey: one record's content at a time.
#include <algorithm>
#include <vector>

#include "suites.hpp"

namespace persona::bench {

namespace {

struct Setting {
  std::unique_ptr<tls::AeadKey> key;
  Bytes nonce = Bytes(tls::aead_nonce_size, 7);
  Bytes additional = Bytes(5, 23);
  Bytes content;
  Bytes sealed;

  Setting(const benchmark::State& state, const Suite& suite, tls::AeadProvider provider)
      : key(tls::AeadKey::create(suite.algorithm, Bytes(tls::aead_key_size(suite.algorithm), 1), provider)),
        content(static_cast<std::size_t>(state.range(0)), 'x'),
        sealed(content.size() + 1 + tls::aead_tag_size) {
    demand(key != nullptr && seal());
  }
  bool seal() { return key->seal(nonce, additional, content, 23, sealed.data()); }
};

void seal(benchmark::State& state, const Suite& suite, tls::AeadProvider provider) {
  Setting setting(state, suite, provider);
  for (auto _ : state) {
    demand(setting.seal());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void open(benchmark::State& state, const Suite& suite, tls::AeadProvider provider) {
  Setting setting(state, suite, provider);
  Bytes copy(setting.sealed.size());
  for (auto _ : state) {
    // Opening destroys its input. The copy is what the system call costs in the program: it stays in cache.
    std::copy(setting.sealed.begin(), setting.sealed.end(), copy.begin());
    demand(setting.key->open(setting.nonce, setting.additional, copy));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

}  // namespace

void measure_aead() {
  const std::vector<std::int64_t> sizes{64, 256, 1'024, 4'096, 16'384};
  measure("aead_seal", &seal, sizes);
  measure("aead_open", &open, sizes);
}

}  // namespace persona::bench
