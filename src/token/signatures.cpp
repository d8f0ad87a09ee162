#include "signatures.hpp"

#include <algorithm>
#include <array>

#include "persona/x509/der_writer.hpp"

namespace persona::token {

namespace {

constexpr std::size_t largest_half = 128;  // in bytes; P-521 has 66

// SEQUENCE { SEQUENCE { OID id-sha*, NULL }, OCTET STRING }, all but the digest. OIDs differ in their last
// byte, lengths by the digest's.
constexpr std::size_t oid_end = 14;
constexpr std::array<std::uint8_t, 19> sha256_info{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

}  // namespace

std::optional<Bytes> der_of_ecdsa(ByteView raw) {
  if (raw.empty() || raw.size() % 2 != 0 || raw.size() / 2 > largest_half) {
    return std::nullopt;
  }
  const auto is_zero = [](ByteView half) {
    return std::all_of(half.begin(), half.end(), [](std::uint8_t byte) { return byte == 0; });
  };
  const ByteView r = raw.first(raw.size() / 2);
  const ByteView s = raw.subspan(raw.size() / 2);
  if (is_zero(r) || is_zero(s)) {
    return std::nullopt;
  }
  x509::DerWriter der(raw.size() + 16);
  der.unsigned_integer(s);
  der.unsigned_integer(r);
  der.wrap(x509::DerWriter::sequence, 0);
  if (der.error() != 0) {
    return std::nullopt;
  }
  return Bytes(der.bytes().begin(), der.bytes().end());
}

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
