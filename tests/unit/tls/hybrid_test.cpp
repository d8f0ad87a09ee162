// The group X25519MLKEM768 (RFC 10024) in both roles: agreed upon wherever both ends have it, refused where
// it is not what RFC 8446 section 4.2.8 and FIPS 203 ask for.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client_hello.hpp"
#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr std::uint16_t hybrid = 0x11ec;
constexpr std::size_t kem_key_size = 1184;
constexpr std::size_t kem_ciphertext_size = 1088;
constexpr std::size_t x25519_key = 32;

using Groups = std::vector<std::uint16_t>;

const Groups as_by_default{hybrid, group_x25519, group_secp256r1, group_secp384r1};
const Groups older{group_x25519, group_secp256r1, group_secp384r1};

Pair pair_with(const Groups& client, const Groups& server) {
  return Pair(with_groups(client_options(), client), with_groups(server_options(), server));
}

/// What both agree on; "" if they do not.
std::string agreed(const Groups& client, const Groups& server, std::size_t chunk = 1 << 20) {
  Pair pair = pair_with(client, server);
  pair.handshake(chunk);
  if (!pair.established()) {
    return "";
  }
  CHECK(pair.client->info().group == pair.server->info().group);
  return std::string(pair.client->info().group);
}

struct Share {
  std::uint16_t group;
  Bytes key;
};

/// Of a ClientHello.
std::vector<Share> shares_in(ByteView hello) {
  const Bytes body = extension_of(hello, extension_key_share).value();
  std::vector<Share> shares;
  for (std::size_t at = 2; at < body.size();) {
    const std::size_t size = number_at(body, at + 2);
    shares.push_back(
        {static_cast<std::uint16_t>(number_at(body, at)), bytes_of(ByteView(body).subspan(at + 4, size))});
    at += 4 + size;
  }
  return shares;
}

Bytes with_shares(ByteView hello, const std::vector<Share>& shares) {
  Bytes all;
  for (const Share& each : shares) {
    all = join({all, share_of(each.group, each.key)});
  }
  return with_extension(hello, extension_key_share, vector_of(all));
}

Bytes with_supported_groups(ByteView hello, const Groups& groups) {
  Bytes all;
  for (const std::uint16_t group : groups) {
    all = join({all, two_bytes(group)});
  }
  return with_extension(hello, extension_supported_groups, vector_of(all));
}

bool asks_again(ByteView server_hello) {
  const ByteView random = first_record(server_hello).subspan(5 + 4 + 2, retry_random.size());
  return std::equal(random.begin(), random.end(), retry_random.begin());
}

/// What the server of such a pair says to a client's first ClientHello.
Bytes server_hello(Pair& pair, ByteView hello) {
  REQUIRE(pair.server->handshake(hello, pair.to_client) == Status::want_input);
  return drain(pair.to_client);
}

/// Does an end refuse what it receives with an illegal_parameter alert, and in words?
void check_refuses(Engine& end, ByteView received) {
  Buffer sent;
  CHECK(end.handshake(received, sent) == Status::failed);
  CHECK(bytes_of(first_record(sent.view())) == plain_alert(AlertDescription::illegal_parameter));
  REQUIRE(end.failure());
  CHECK(end.failure()->kind == Failure::Kind::handshake_failed);
  CHECK(end.failure()->message.find("broke the TLS protocol in the handshake: it") != std::string::npos);
}

/// A client that gets the ServerHello of a real server with another server_share.
void check_client_refuses(const Groups& servers, const std::function<Share(Share)>& change) {
  Pair pair = pair_with(as_by_default, servers);
  const Bytes hello = bytes_of(first_record(server_hello(pair, client_hello(pair))));
  const Bytes body = extension_of(hello, extension_key_share).value();
  const Share changed = change({static_cast<std::uint16_t>(number_at(body, 0)),
                                bytes_of(ByteView(body).subspan(4, number_at(body, 2)))});
  check_refuses(*pair.client,
                with_extension(hello, extension_key_share, share_of(changed.group, changed.key)));
}

/// A server that gets the ClientHello of a real client, changed.
void check_server_refuses(const std::function<Bytes(ByteView)>& change) {
  Pair pair = pair_with(as_by_default, as_by_default);
  check_refuses(*pair.server, change(client_hello(pair)));
}

bool not_in_this_build() {
  return find_named_group(hybrid_group) == nullptr;
}

}  // namespace

TEST_SUITE("X25519MLKEM768" * doctest::skip(not_in_this_build())) {
  TEST_CASE("both ends agree on the hybrid by default") {
    CHECK(agreed(as_by_default, as_by_default) == "x25519mlkem768");
    CHECK(agreed({hybrid}, {hybrid}) == "x25519mlkem768");
  }

  TEST_CASE("both ends agree on it whatever pieces the hellos come in") {
    for (const std::size_t chunk : {1UL, 200UL, 1'400UL}) {
      CHECK(agreed(as_by_default, as_by_default, chunk) == "x25519mlkem768");
    }
  }

  TEST_CASE("a first ClientHello has two shares with one X25519 key, and no more") {
    Pair pair = pair_with(as_by_default, older);
    const auto shares = shares_in(client_hello(pair));
    REQUIRE(shares.size() == 2);
    CHECK(shares[0].group == hybrid);
    REQUIRE(shares[0].key.size() == kem_key_size + x25519_key);
    CHECK(shares[1].group == group_x25519);
    CHECK(shares[1].key == Bytes(shares[0].key.begin() + kem_key_size, shares[0].key.end()));
    Pair other = pair_with(as_by_default, older);
    CHECK(shares_in(client_hello(other))[0].key != shares[0].key);
  }

  TEST_CASE("the second share is there only for who lists X25519, and prefers the hybrid") {
    for (const auto& [groups, first, number] :
         {std::tuple{Groups{hybrid, group_secp256r1}, hybrid, 1U}, std::tuple{Groups{hybrid}, hybrid, 1U},
          std::tuple{Groups{group_x25519, hybrid}, group_x25519, 1U},
          std::tuple{Groups{group_secp256r1, hybrid, group_x25519}, group_secp256r1, 1U},
          std::tuple{Groups{hybrid, group_secp256r1, group_x25519}, hybrid, 2U}}) {
      Pair pair = pair_with(groups, older);
      const auto shares = shares_in(client_hello(pair));
      CHECK(shares.size() == number);
      CHECK(shares[0].group == first);
    }
  }

  TEST_CASE("who has no hybrid costs no round trip") {
    Pair pair = pair_with(as_by_default, older);
    CHECK_FALSE(asks_again(server_hello(pair, client_hello(pair))));
    CHECK(agreed(as_by_default, older) == "x25519");
    CHECK(agreed(older, as_by_default) == "x25519");
    CHECK(agreed(as_by_default, {}) == "x25519");  // mbedTLS's own list
  }

  TEST_CASE("who is asked for another group sends one share of it") {
    for (const auto& [client, server, group] :
         {std::tuple{as_by_default, Groups{group_secp256r1}, "secp256r1"},
          std::tuple{Groups{group_secp256r1, hybrid, group_x25519}, Groups{hybrid}, "x25519mlkem768"},
          std::tuple{Groups{group_x25519, hybrid}, Groups{hybrid, group_secp256r1}, "x25519mlkem768"},
          std::tuple{Groups{hybrid, group_x25519, group_secp384r1}, Groups{group_secp384r1}, "secp384r1"},
          std::tuple{Groups{group_secp384r1, group_x25519}, Groups{hybrid, group_x25519}, "x25519"}}) {
      const std::string expected = group;
      CAPTURE(expected);
      CHECK(agreed(client, server) == expected);
      CHECK(agreed(client, server, 200) == expected);
      Pair pair = pair_with(client, server);
      const Bytes answer = server_hello(pair, client_hello(pair));
      CHECK(asks_again(answer));
      ByteView input = answer;
      REQUIRE(pair.client->handshake(input, pair.to_server) == Status::want_input);
      const auto shares = shares_in(first_record(pair.to_server.view()));
      REQUIRE(shares.size() == 1);
      CHECK(find_named_group(shares[0].group)->name == expected);
    }
    CHECK(agreed({hybrid}, older).empty());
    CHECK(agreed(older, {hybrid}).empty());
  }

  TEST_CASE("a retry for a cookie alone leaves both shares as they were (RFC 8446 section 4.1.2)") {
    Pair pair = pair_with(as_by_default, older);
    const Bytes first = client_hello(pair);
    const Bytes retry = hello_retry_request(first, extension(extension_cookie, vector_of(Bytes(32, 0xc0))));
    ByteView input = retry;
    REQUIRE(pair.client->handshake(input, pair.to_server) == Status::want_input);
    const ByteView second = first_record(pair.to_server.view());
    CHECK(extension_of(second, extension_cookie));
    CHECK(extension_of(second, extension_key_share) == extension_of(first, extension_key_share));
  }

  TEST_CASE("a retry for a group that was shared, or not offered, is refused") {
    for (const std::uint16_t group :
         {hybrid, group_x25519, std::uint16_t{0x19}, std::uint16_t{0x11eb}, std::uint16_t{0}}) {
      CAPTURE(group);
      Pair pair = pair_with(as_by_default, older);
      check_refuses(*pair.client, hello_retry_request(client_hello(pair),
                                                      extension(extension_key_share, two_bytes(group))));
    }
  }

  TEST_CASE("after a retry only its group is taken") {
    Pair pair = pair_with(as_by_default, {group_secp256r1});
    const Bytes first = client_hello(pair);
    const Bytes retry = server_hello(pair, first);
    ByteView input = retry;
    REQUIRE(pair.client->handshake(input, pair.to_server) == Status::want_input);
    const Bytes second = drain(pair.to_server);

    Pair other = pair_with(as_by_default, older);  // of which a ServerHello with X25519
    const Bytes unasked = bytes_of(first_record(server_hello(other, client_hello(other))));
    const Bytes body = extension_of(unasked, extension_key_share).value();
    CHECK(number_at(body, 0) == group_x25519);
    Bytes hello = unasked;
    const Bytes session_id = session_id_of(first);
    std::copy(session_id.begin(), session_id.end(), hello.begin() + 5 + 4 + 2 + 32);
    hello[5 + 4 + 2 + 32 + session_id.size()] = retry[5 + 4 + 2 + 32 + session_id.size()];  // the suite
    hello[5 + 4 + 2 + 32 + session_id.size() + 1] = retry[5 + 4 + 2 + 32 + session_id.size() + 1];
    check_refuses(*pair.client, hello);

    check_refuses(*pair.server, with_shares(first_record(second), {{group_x25519, Bytes(x25519_key, 9)}}));
  }

  TEST_CASE("a client refuses a share of a group that it did not share, or one that is none of its group") {
    for (const std::uint16_t group : {group_secp256r1, std::uint16_t{0x19}, std::uint16_t{0x11eb}}) {
      check_client_refuses(as_by_default, [group](Share share) { return Share{group, share.key}; });
    }
    check_client_refuses(as_by_default, [](Share share) {
      CHECK(share.group == hybrid);
      CHECK(share.key.size() == kem_ciphertext_size + x25519_key);
      return Share{group_x25519, share.key};
    });
    for (const std::size_t size :
         {std::size_t{0}, x25519_key, kem_ciphertext_size, kem_ciphertext_size + x25519_key - 1,
          kem_ciphertext_size + x25519_key + 1, kem_key_size + x25519_key}) {
      CAPTURE(size);
      check_client_refuses(as_by_default, [size](Share share) {
        share.key.resize(size, 1);
        return share;
      });
    }
  }

  TEST_CASE("a client refuses a share of X25519 that makes a secret of zero, in either group") {
    check_client_refuses(as_by_default, [](Share share) {
      std::fill(share.key.begin() + kem_ciphertext_size, share.key.end(), std::uint8_t{0});
      return share;
    });
    check_client_refuses(older, [](const Share& share) {
      CHECK(share.group == group_x25519);
      return Share{share.group, Bytes(x25519_key)};
    });
    check_client_refuses(older, [](const Share& share) {
      return Share{share.group, Bytes(x25519_key - 1, 9)};
    });
  }

  TEST_CASE("a ciphertext that was changed on the way ends the handshake") {
    Pair pair = pair_with(as_by_default, as_by_default);
    Bytes answer = server_hello(pair, client_hello(pair));
    const Bytes hello = bytes_of(first_record(answer));
    Bytes body = extension_of(hello, extension_key_share).value();
    body[4 + kem_ciphertext_size / 2] ^= 1;
    const Bytes changed = with_extension(hello, extension_key_share, body);
    REQUIRE(changed.size() == hello.size());
    std::copy(changed.begin(), changed.end(), answer.begin());
    ByteView input = answer;
    CHECK(pair.client->handshake(input, pair.to_server) == Status::failed);
  }

  TEST_CASE("a server refuses a share that is none of its group") {
    for (const std::size_t size :
         {std::size_t{0}, x25519_key, kem_key_size, kem_key_size + x25519_key - 1,
          kem_key_size + x25519_key + 1, kem_ciphertext_size + x25519_key, std::size_t{10'000}}) {
      CAPTURE(size);
      check_server_refuses([size](ByteView hello) {
        auto shares = shares_in(hello);
        shares[0].key.resize(size, 1);
        return with_shares(hello, shares);
      });
    }
    check_server_refuses([](ByteView hello) {
      auto shares = shares_in(hello);
      shares[0].key[0] = shares[0].key[1] = 0xff;  // a coefficient of 4095
      return with_shares(hello, shares);
    });
    check_server_refuses([](ByteView hello) {
      auto shares = shares_in(hello);
      std::fill(shares[0].key.begin() + kem_key_size, shares[0].key.end(), std::uint8_t{0});
      return with_shares(hello, shares);
    });
  }

  TEST_CASE("a server refuses shares that are repeated, or of a group that is not listed") {
    const auto repeated = [](std::size_t which) {
      return [which](ByteView hello) {
        auto shares = shares_in(hello);
        shares.push_back(shares[which]);
        return with_shares(hello, shares);
      };
    };
    check_server_refuses(repeated(0));
    check_server_refuses(repeated(1));
    check_server_refuses([](ByteView hello) {
      return with_supported_groups(hello, {group_x25519, group_secp256r1});
    });
    check_server_refuses([](ByteView hello) {
      return with_supported_groups(hello, {hybrid, group_secp256r1});
    });
  }

  TEST_CASE("a server minds no share of a group that it does not know, be it there twice") {
    Pair pair = pair_with(as_by_default, as_by_default);
    const Bytes hello = client_hello(pair);
    auto shares = shares_in(hello);
    for (int i = 0; i < 2; ++i) {
      shares.insert(shares.begin(), Share{0x2a2a, Bytes(1)});  // RFC 8701
    }
    CHECK_FALSE(asks_again(server_hello(pair, with_shares(hello, shares))));
  }

  TEST_CASE("sessions are resumed with a key exchange of the hybrid, after a retry too") {
    for (const Groups& client : {as_by_default, Groups{group_secp256r1, hybrid}}) {
      const Service service(with_groups(client_options(), client), with_groups(server_options(), {hybrid}));
      for (const bool expected : {false, true, true}) {
        Pair pair = service.connect();
        CHECK(resumed(pair) == expected);
        CHECK(pair.client->info().group == "x25519mlkem768");
        CHECK(pair.server->info().group == "x25519mlkem768");
      }
    }
  }

  TEST_CASE("TLS 1.2 has the other groups, and none in a session that it resumes") {
    const Service service(with_groups(client_options(), as_by_default),
                          only(with_groups(server_options(), as_by_default), TlsVersion::tls12));
    for (const char* expected : {"x25519", ""}) {
      Pair pair = service.connect();
      CHECK(resumed(pair) == (std::string(expected).empty()));
      CHECK(pair.client->info().version == TlsVersion::tls12);
      CHECK(pair.client->info().group == expected);
      CHECK(pair.server->info().group == expected);
    }
    Pair pair(
        with_groups(client_options(), as_by_default),
        only(with_groups(server_options(), {hybrid, group_secp384r1, group_secp256r1}), TlsVersion::tls12));
    pair.handshake();
    REQUIRE(pair.established());
    CHECK(pair.client->info().group == "secp384r1");
    CHECK(pair.server->info().group == "secp384r1");
  }
}
