#include "wire.hpp"

namespace persona::tls {

// Not inlined, for g++ 14: it sees a vector freed there at an offset that it cannot have.
[[gnu::noinline]] void write_number(Bytes& output, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) {
    output.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

void write_vector(Bytes& output, ByteView content, std::size_t length_octets) {
  write_number(output, content.size(), length_octets);
  output.insert(output.end(), content.begin(), content.end());
}

}  // namespace persona::tls
