#include "persona/agent/signed_content.hpp"

#include <initializer_list>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::agent;
using pk::Hash;
using pk::Scheme;

namespace {

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// As RFC 8446 section 4.4.3 has it.
Bytes certificate_verify(const std::string& side, std::size_t transcript) {
  Bytes content = bytes_of(std::string(64, ' ') + "TLS 1.3, " + side + " CertificateVerify");
  content.push_back(0);
  content.insert(content.end(), transcript, 0x11);
  return content;
}

/// As RFC 8422 section 5.4 has it, on X25519.
Bytes key_exchange() {
  Bytes content(64, 0x22);
  content.insert(content.end(), {3, 0, 29, 32});
  content.insert(content.end(), 32, 0x33);
  return content;
}

Bytes hash_of(const Bytes& content, Hash hash) {
  Bytes digest(pk::size_of(hash));
  REQUIRE(compute_hash(hash, content, digest));
  return digest;
}

}  // namespace

TEST_CASE("what mbedTLS wants signed is what the agent signs, whichever message it is") {
  for (const auto hash : {Hash::sha256, Hash::sha384, Hash::sha512}) {
    const std::pair<Bytes, Message> contents[] = {{certificate_verify("client", 32), Message::tls13_client},
                                                  {certificate_verify("server", 48), Message::tls13_server},
                                                  {key_exchange(), Message::tls12_server_params}};
    for (const auto& [content, message] : contents) {
      const Bytes digest = hash_of(content, hash);
      const auto order = describe(Scheme::ecdsa, hash, digest, content);
      REQUIRE(order);
      CHECK(order->message == message);
      const auto signed_digest = digest_of(*order);
      REQUIRE(signed_digest);
      CHECK(*signed_digest == digest);
    }
    const Bytes digest(pk::size_of(hash), 0x44);
    const auto order = describe(Scheme::ecdsa, hash, digest, {});
    REQUIRE(order);
    CHECK(order->message == Message::tls12_client_hash);
    CHECK(digest_of(*order).value() == digest);
  }
}

TEST_CASE("SHA-256 is the published one") {
  // FIPS 180-4's example, "abc".
  const Bytes digest = hash_of(bytes_of("abc"), Hash::sha256);
  CHECK(Bytes(digest.begin(), digest.begin() + 4) == Bytes{0xba, 0x78, 0x16, 0xbf});
}

TEST_CASE("what is no part of a handshake is not asked for") {
  for (const Bytes& content :
       {Bytes(10, 0x30), Bytes(200, 0x30), bytes_of(std::string(64, ' ') + "TLS 1.3, "),
        certificate_verify("stranger", 32)}) {
    CHECK_FALSE(describe(Scheme::ecdsa, Hash::sha256, hash_of(content, Hash::sha256), content));
  }
}

TEST_CASE("an agent makes no hash of content that is not that of the message") {
  const auto refuses = [](Message message, Scheme scheme, const Bytes& content) {
    return !digest_of({message, scheme, Hash::sha256, content});
  };
  for (const Message message : {Message::tls13_client, Message::tls13_server}) {
    for (const std::size_t size : std::initializer_list<std::size_t>{0, 31, 33, 64, 130}) {
      CAPTURE(size);
      CHECK(refuses(message, Scheme::ecdsa, Bytes(size, 0x11)));
    }
    CHECK(refuses(message, Scheme::rsa_pkcs1, Bytes(32, 0x11)));
    CHECK_FALSE(refuses(message, Scheme::rsa_pss, Bytes(32, 0x11)));
  }
  const auto params = [&](const Bytes& content) {
    return refuses(Message::tls12_server_params, Scheme::rsa_pkcs1, content);
  };
  CHECK_FALSE(params(key_exchange()));
  CHECK(params({}));
  CHECK(params(certificate_verify("server", 32)));  // else TLS 1.3 could be signed as TLS 1.2
  Bytes other = key_exchange();
  other[64] = 1;  // explicit_prime
  CHECK(params(other));
  other = key_exchange();
  other.push_back(0);
  CHECK(params(other));
  other = key_exchange();
  other[67] = 31;
  other.pop_back();
  CHECK(params(other));  // no point is that short
  CHECK(refuses(Message::tls12_client_hash, Scheme::ecdsa, Bytes(33, 0x11)));
}
