// RecordProtection: records as they go over the wire, up to a batch of the data path.
#include <algorithm>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/tls/record.hpp"
#include "suites.hpp"

namespace persona::bench {

namespace {

tls::RecordProtection protection(const Suite& suite, tls::AeadProvider provider) {
  auto made =
      tls::RecordProtection::create(suite.code_point, tls::Secret(Bytes(suite.secret_size, 1)), provider);
  demand(made.has_value());
  return std::move(*made);
}

void seal(benchmark::State& state, const Suite& suite, tls::AeadProvider provider) {
  tls::RecordProtection sending = protection(suite, provider);
  const Bytes content(static_cast<std::size_t>(state.range(0)), 'x');
  Buffer wire;
  for (auto _ : state) {
    wire.clear();
    demand(sending.seal(tls::ContentType::application_data, content, wire));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void open(benchmark::State& state, const Suite& suite, tls::AeadProvider provider) {
  const Bytes content(static_cast<std::size_t>(state.range(0)), 'x');
  Buffer wire;
  demand(protection(suite, provider).seal(tls::ContentType::application_data, content, wire));
  tls::RecordProtection receiving = protection(suite, provider);
  Bytes copy(wire.size());
  for (auto _ : state) {
    receiving.set_sequence(0);
    std::copy(wire.view().begin(), wire.view().end(), copy.begin());  // see aead.cpp
    ByteSpan rest(copy);
    while (!rest.empty()) {
      const std::size_t size = tls::whole_record(rest).value_or(0);
      demand(size > 0 && receiving.open(rest.first(size)).has_value());
      rest = rest.subspan(size);
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void update(benchmark::State& state, const Suite& suite, tls::AeadProvider provider) {
  tls::RecordProtection sending = protection(suite, provider);
  for (auto _ : state) {
    demand(sending.update());
  }
}

}  // namespace

void measure_records() {
  const std::vector<std::int64_t> sizes{64, 256, 1'024, 4'096, 16'384, 262'144};
  measure("record_seal", &seal, sizes);
  measure("record_open", &open, sizes);
  measure("key_update", &update, {0});
}

}  // namespace persona::bench
