#include "signatures.hpp"

#include <algorithm>
#include <array>

namespace persona::token {

namespace {

// SEQUENCE { SEQUENCE { OID id-sha*, NULL }, OCTET STRING }, all but the digest. OIDs differ in their last
// byte, lengths by the digest's.
constexpr std::size_t oid_end = 14;
constexpr std::array<std::uint8_t, 19> sha256_info{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

}  // namespace

Bytes digest_info(pk::Hash hash, ByteView digest) {
  Bytes info(sha256_info.size() + digest.size());
  std::copy(sha256_info.begin(), sha256_info.end(), info.begin());
  std::copy(digest.begin(), digest.end(), info.begin() + sha256_info.size());
  info[1] = static_cast<std::uint8_t>(info.size() - 2);
  info[oid_end] = hash == pk::Hash::sha256 ? 1 : hash == pk::Hash::sha384 ? 2 : 3;
  info[sha256_info.size() - 1] = static_cast<std::uint8_t>(digest.size());
  return info;
}

ByteView leftmost_bits(ByteView digest, std::size_t bits) {
  return digest.first(std::min(digest.size(), (bits + 7) / 8));
}

}  // namespace persona::token
