// The key schedule by the key_traces of RFC 8448, and by what RFC 8446 section 7 says of its limits.
#include <doctest/doctest.h>

#include "ends.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

struct KeyTrace {
  const char* what;
  const char* traffic_secret;
  const char* key;
  const char* iv;
};

constexpr KeyTrace key_traces[] = {
    {"section 3, server application data", "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
     "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"},
    {"section 3, client application data", "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
     "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"},
    {"section 3, server handshake", "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
     "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"},
    {"section 3, client handshake", "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
     "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"},
    {"section 4, server application data", "cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691",
     "e857c690a34c5a9129d833619684f95e", "0685d6b561aab9ef1013faf9"},
    {"section 4, client application data", "2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1",
     "3cf122f301c6358ca7989553250efd72", "ab1aec26aa78b8fc1176b9ac"},
    {"section 4, early data", "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62",
     "920205a5b7bf2115e6fc5c2942834f54", "6d475f0993c8e564610db2b9"},
};

}  // namespace

TEST_CASE("RFC 8448: keys and IVs come of the traffic secrets") {
  REQUIRE(x509::initialise_crypto());
  for (const KeyTrace& trace : key_traces) {
    CAPTURE(trace.what);
    const Bytes secret = hex(trace.traffic_secret);
    Bytes key(16);
    Bytes iv(12);
    REQUIRE(expand_label(Hash::sha256, secret, "key", {}, key));
    REQUIRE(expand_label(Hash::sha256, secret, "iv", {}, iv));
    CHECK(key == hex(trace.key));
    CHECK(iv == hex(trace.iv));
  }
}

TEST_CASE("RFC 8448: the PSK comes of the resumption master secret and the ticket's nonce") {
  REQUIRE(x509::initialise_crypto());
  const Bytes master = hex("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
  CHECK(bytes_of(resumption_psk(Hash::sha256, master, hex("0000")).view()) ==
        hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
  CHECK(bytes_of(resumption_psk(Hash::sha256, master, hex("0001")).view()) !=
        hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
}

TEST_CASE("the next traffic secret is HKDF-Expand-Label(secret, \"traffic upd\", \"\", Hash.length)") {
  REQUIRE(x509::initialise_crypto());
  for (const Hash hash : {Hash::sha256, Hash::sha384}) {
    const Bytes secret(hash_size(hash), 7);
    Bytes expected(hash_size(hash));
    REQUIRE(expand_label(hash, secret, "traffic upd", {}, expected));
    CHECK(bytes_of(next_traffic_secret(hash, secret).view()) == expected);
    CHECK(expected != secret);
  }
}

TEST_CASE("hashes are those of the suites of TLS 1.3") {
  CHECK(suite_hash(aes_128) == Hash::sha256);
  CHECK(suite_hash(aes_256) == Hash::sha384);
  CHECK(suite_hash(chacha20) == Hash::sha256);
  CHECK_FALSE(suite_hash(0x1304));
  CHECK_FALSE(suite_hash(0xc02c));
  CHECK(hash_size(Hash::sha256) == 32);
  CHECK(hash_size(Hash::sha384) == 48);
}

TEST_CASE("labels, contexts and lengths that do not fit are refused") {
  REQUIRE(x509::initialise_crypto());
  const Bytes secret(32, 1);
  Bytes output(16);
  CHECK(expand_label(Hash::sha256, secret, std::string(249, 'x'), {}, output));
  CHECK_FALSE(expand_label(Hash::sha256, secret, std::string(250, 'x'), {}, output));
  CHECK(expand_label(Hash::sha256, secret, "x", Bytes(255, 2), output));
  CHECK_FALSE(expand_label(Hash::sha256, secret, "x", Bytes(256, 2), output));
  Bytes most(255 * 32);  // RFC 5869 section 2.3
  CHECK(expand_label(Hash::sha256, secret, "x", {}, most));
  Bytes more(255 * 32 + 1);
  CHECK_FALSE(expand_label(Hash::sha256, secret, "x", {}, more));
}

TEST_CASE("a secret is taken, not copied, and wiped") {
  Secret first(Bytes(48, 3));
  Secret second(std::move(first));
  CHECK(first.empty());
  CHECK(second.view().size() == 48);
  Secret third;
  third = std::move(second);
  CHECK(second.empty());
  CHECK(bytes_of(third.view()) == Bytes(48, 3));
  const ByteView where = third.view();
  third.wipe();
  CHECK(third.empty());
  CHECK(std::all_of(where.begin(), where.end(), [](std::uint8_t byte) { return byte == 0; }));
  CHECK(Secret(Bytes(60, 4)).view().size() == Secret::max_size);
}
