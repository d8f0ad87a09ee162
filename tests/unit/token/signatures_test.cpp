// What a token takes and gives, against what mbedTLS makes and takes.
#include "token/signatures.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::token;

TEST_CASE("a DigestInfo is RFC 8017's") {
  const auto prefix = [](pk::Hash hash) {
    const Bytes digest(pk::size_of(hash), 7);
    const Bytes info = digest_info(hash, digest);
    CHECK(Bytes(info.end() - static_cast<std::ptrdiff_t>(digest.size()), info.end()) == digest);
    return Bytes(info.begin(), info.end() - static_cast<std::ptrdiff_t>(digest.size()));
  };
  // Section 9.2, note 1.
  CHECK(prefix(pk::Hash::sha256) == Bytes{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                          0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20});
  CHECK(prefix(pk::Hash::sha384) == Bytes{0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                          0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30});
  CHECK(prefix(pk::Hash::sha512) == Bytes{0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                          0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40});
}

TEST_CASE("a digest that is longer than the order of the curve is cut") {
  const Bytes digest(64, 1);
  CHECK(leftmost_bits(digest, 256).size() == 32);
  CHECK(leftmost_bits(digest, 384).size() == 48);
  CHECK(leftmost_bits(digest, 521).size() == 64);
  CHECK(leftmost_bits(ByteView(digest).first(32), 384).size() == 32);
}
