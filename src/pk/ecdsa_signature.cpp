#include "persona/pk/ecdsa_signature.hpp"

#include <algorithm>
#include <array>

#include <mbedtls/asn1write.h>

namespace persona::pk {

namespace {

constexpr std::size_t most_octets = 66;                          // of one number, with P-521
constexpr std::size_t most_der = 3 + 2 * (2 + 1 + most_octets);  // 3: the SEQUENCE's header
constexpr unsigned char sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;

/// Puts an INTEGER before `at`: as short as it can be, and not negative.
int put_integer(unsigned char*& at, unsigned char* start, ByteView number) {
  const auto first =
      std::find_if(number.begin(), number.end(), [](std::uint8_t octet) { return octet != 0; });
  const ByteView rest(first, number.end());
  int size = mbedtls_asn1_write_raw_buffer(&at, start, rest.data(), rest.size());
  if (rest.front() >= 0x80) {
    *--at = 0;
    ++size;
  }
  size += mbedtls_asn1_write_len(&at, start, static_cast<std::size_t>(size));
  return size + mbedtls_asn1_write_tag(&at, start, MBEDTLS_ASN1_INTEGER);
}

bool is_zero(ByteView number) {
  return std::all_of(number.begin(), number.end(), [](std::uint8_t octet) { return octet == 0; });
}

}  // namespace

Result<std::size_t> der_of_raw(ByteView raw, ByteSpan der) {
  const ByteView r = raw.first(raw.size() / 2);
  const ByteView s = raw.subspan(r.size());
  if (r.size() != s.size() || r.size() > most_octets || is_zero(r) || is_zero(s)) {
    return fail(ErrorKind::internal, "{} bytes are no ECDSA signature", raw.size());
  }
  std::array<unsigned char, most_der> buffer{};  // mbedTLS writes from the end, and has room for the longest
  unsigned char* at = buffer.data() + buffer.size();
  int size = put_integer(at, buffer.data(), s);
  size += put_integer(at, buffer.data(), r);
  size += mbedtls_asn1_write_len(&at, buffer.data(), static_cast<std::size_t>(size));
  size += mbedtls_asn1_write_tag(&at, buffer.data(), sequence);
  const ByteView written(at, static_cast<std::size_t>(size));
  if (written.size() > der.size()) {
    return fail(ErrorKind::internal, "an ECDSA signature of {} bytes is too long", written.size());
  }
  std::copy(written.begin(), written.end(), der.begin());
  return written.size();
}

}  // namespace persona::pk
