// The cookie of a HelloRetryRequest, which a client repeats (RFC 8446 sections 4.1.2 and 4.2.2).
#include <array>

#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr std::uint16_t group_secp256r1 = 0x17;
constexpr std::uint16_t group_x25519 = 0x1d;
constexpr std::uint16_t extension_supported_versions = 43;
constexpr std::uint16_t extension_cookie = 44;
constexpr std::uint16_t extension_key_share = 51;

// Section 4.1.3: the random that makes a ServerHello a HelloRetryRequest.
constexpr std::array<std::uint8_t, 32> retry_random{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

Bytes two_bytes(std::size_t number) {
  return {static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

Bytes extension(std::uint16_t type, ByteView body) {
  return join({two_bytes(type), two_bytes(body.size()), body});
}

Bytes cookie_extension(ByteView cookie) {
  return extension(extension_cookie, join({two_bytes(cookie.size()), cookie}));
}

std::size_t number_at(ByteView bytes, std::size_t at) {
  return std::size_t{bytes[at]} << 8U | bytes[at + 1];
}

/// Of a ClientHello in one record: the session id with its length, and the body of an extension.
Bytes session_id_of(ByteView hello) {
  const std::size_t at = 5 + 4 + 2 + 32;
  return bytes_of(hello.subspan(at, 1U + hello[at]));
}

std::optional<Bytes> extension_of(ByteView hello, std::uint16_t type) {
  std::size_t at = 5 + 4 + 2 + 32;
  at += 1U + hello[at];
  at += 2 + number_at(hello, at);
  at += 1U + hello[at];
  at += 2;
  while (at + 4 <= hello.size()) {
    const std::size_t size = number_at(hello, at + 2);
    if (number_at(hello, at) == type) {
      return bytes_of(hello.subspan(at + 4, size));
    }
    at += 4 + size;
  }
  return std::nullopt;
}

/// A client whose first ClientHello was answered by a HelloRetryRequest.
struct Retried {
  explicit Retried(ByteView more_extensions) : engine(make()) {
    ByteView none;
    REQUIRE(engine->handshake(none, wire) == Status::want_input);
    first = bytes_of(wire.view());
    wire.clear();
    const Bytes extensions = join({extension(extension_supported_versions, Bytes{3, 4}), more_extensions});
    const Bytes body = join({Bytes{3, 3}, retry_random, session_id_of(first), Bytes{0x13, 0x01, 0},
                             two_bytes(extensions.size()), extensions});
    const Bytes answer =
        join({Bytes{22, 3, 3}, two_bytes(body.size() + 4), Bytes{2, 0}, two_bytes(body.size()), body});
    ByteView input = answer;
    status = engine->handshake(input, wire);
    second = bytes_of(wire.view());
    constexpr std::array<std::uint8_t, 6> change_cipher_spec{20, 3, 3, 0, 1, 1};  // for middleboxes
    if (second.size() > change_cipher_spec.size() && second[0] == change_cipher_spec[0]) {
      second.erase(second.begin(), second.begin() + change_cipher_spec.size());
    }
  }

  static std::unique_ptr<Engine> make() {
    ContextOptions options = client_options();
    options.groups = {group_x25519, group_secp256r1};
    return Engine::create(make_context(std::move(options)), "db.example.com").value();
  }

  std::unique_ptr<Engine> engine;
  Buffer wire;
  Bytes first;
  Bytes second;
  Status status = Status::want_input;
};

}  // namespace

TEST_CASE("a HelloRetryRequest with a cookie alone: it is repeated, and the share stays as it was") {
  for (const std::size_t size : {1UL, 32UL, 9'000UL}) {
    const Bytes cookie(size, 0xc0);
    const Retried retried(cookie_extension(cookie));
    REQUIRE_MESSAGE(retried.status == Status::want_input,
                    (retried.engine->failure() ? retried.engine->failure()->message : ""));
    REQUIRE(retried.second[0] == 22);
    CHECK(extension_of(retried.second, extension_cookie) == join({two_bytes(size), cookie}));
    CHECK(extension_of(retried.second, extension_key_share) ==
          extension_of(retried.first, extension_key_share));
  }
}

TEST_CASE("a HelloRetryRequest with a cookie and another group: the cookie and a share of that group") {
  const Bytes cookie(100, 0xc0);
  const Retried retried(
      join({cookie_extension(cookie), extension(extension_key_share, two_bytes(group_secp256r1))}));
  REQUIRE(retried.status == Status::want_input);
  CHECK(extension_of(retried.second, extension_cookie) == join({two_bytes(cookie.size()), cookie}));
  const auto share = extension_of(retried.second, extension_key_share);
  REQUIRE(share);
  CHECK(number_at(*share, 2) == group_secp256r1);
}

TEST_CASE("a HelloRetryRequest with an empty cookie, or that changes nothing, is refused") {
  for (const auto& [extensions, alert] : {std::pair{cookie_extension({}), AlertDescription::decode_error},
                                          std::pair{Bytes{}, AlertDescription::illegal_parameter}}) {
    const Retried retried(extensions);
    CHECK(retried.status == Status::failed);
    CHECK(retried.second == Bytes{21, 3, 3, 0, 2, 2, static_cast<std::uint8_t>(alert)});
  }
}
