#include "persona/tls/ticket_keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

namespace persona::tls {

namespace {

constexpr std::size_t least_bytes = 32;
constexpr std::size_t most_bytes = 128;
constexpr std::string_view remedy = "openssl rand -base64 48 makes one";

/// The line decoded and hashed: whatever its length, a uniform key. Empty: it is none.
Secret key_in(std::string_view line) {
  std::array<unsigned char, most_bytes> bytes{};
  std::size_t size = 0;
  Secret key;
  if (mbedtls_base64_decode(bytes.data(), bytes.size(), &size,
                            reinterpret_cast<const unsigned char*>(line.data()), line.size()) == 0 &&
      size >= least_bytes) {
    const ByteSpan digest = key.allocate(PSA_HASH_LENGTH(PSA_ALG_SHA_256));
    std::size_t length = 0;
    if (psa_hash_compute(PSA_ALG_SHA_256, bytes.data(), size, digest.data(), digest.size(), &length) !=
        PSA_SUCCESS) {
      key.wipe();
    }
  }
  mbedtls_platform_zeroize(bytes.data(), bytes.size());
  return key;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = line.find_first_not_of(blanks);
  return first == std::string_view::npos ? "" : line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

}  // namespace

Result<std::vector<Secret>> read_ticket_keys(std::string_view text) {
  std::vector<Secret> keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (keys.size() == TicketKeys::most) {
      return fail(ErrorKind::configuration,
                  "line {} is a fourth key: there are at most three, the newest first, so remove the oldest",
                  number);
    }
    Secret key = key_in(line);
    if (key.empty()) {
      return fail(ErrorKind::configuration, "line {} is not a key, {} to {} bytes in Base64: {}", number,
                  least_bytes, most_bytes, remedy);
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    return fail(ErrorKind::configuration, "there is no key in it: {}", remedy);
  }
  return keys;
}

}  // namespace persona::tls
