// The cookie of a HelloRetryRequest, which a client repeats (RFC 8446 sections 4.1.2 and 4.2.2).
#include <doctest/doctest.h>

#include "client_hello.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

Bytes cookie_extension(ByteView cookie) {
  return extension(extension_cookie, vector_of(cookie));
}

/// A client whose first ClientHello was answered by a HelloRetryRequest.
struct Retried {
  explicit Retried(ByteView more_extensions) : engine(make()) {
    ByteView none;
    REQUIRE(engine->handshake(none, wire) == Status::want_input);
    first = bytes_of(wire.view());
    wire.clear();
    const Bytes answer = hello_retry_request(first, more_extensions);
    ByteView input = answer;
    status = engine->handshake(input, wire);
    second = bytes_of(first_record(wire.view()));
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
    CHECK(retried.second == plain_alert(alert));
  }
}
