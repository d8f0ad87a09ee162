#include "persona/agent/signed_content.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <mbedtls/md.h>

namespace persona::agent {

namespace {

using namespace std::string_view_literals;

// RFC 8446 section 4.4.3; the zero is the one at the end of the string.
constexpr std::size_t padding = 64;
constexpr std::string_view client_context = "TLS 1.3, client CertificateVerify\0"sv;
constexpr std::string_view server_context = "TLS 1.3, server CertificateVerify\0"sv;
static_assert(client_context.size() == 34 && server_context.size() == 34);

// RFC 5246 section 7.4.3 and RFC 8422 section 5.4: both random values; curve_type, namedcurve, the size of
// the point, the point.
constexpr std::size_t random_values = 64;
constexpr std::size_t before_point = random_values + 4;
constexpr std::uint8_t named_curve = 3;
constexpr std::size_t shortest_point = 32;  // X25519

Bytes prefix_of(std::string_view context) {
  std::string text(padding, ' ');
  text += context;
  return {text.begin(), text.end()};
}

bool begins_with(ByteView content, const Bytes& prefix) {
  return content.size() > prefix.size() && std::equal(prefix.begin(), prefix.end(), content.begin());
}

bool is_key_exchange(ByteView content) {
  return content.size() >= before_point + shortest_point && content[random_values] == named_curve &&
         content[before_point - 1] == content.size() - before_point;
}

/// SHA-256 or SHA-384, of a cipher suite of TLS 1.3.
bool is_transcript_hash(ByteView content) {
  return content.size() == pk::size_of(pk::Hash::sha256) || content.size() == pk::size_of(pk::Hash::sha384);
}

Result<Bytes> hash_of(pk::Hash hash, ByteView content) {
  Bytes digest(pk::size_of(hash));
  if (!compute_hash(hash, content, digest)) {
    return fail(ErrorKind::internal, "the hash could not be computed");
  }
  return digest;
}

}  // namespace

Result<ToSign> describe(pk::Scheme scheme, pk::Hash hash, ByteView digest, ByteView content) {
  if (content.empty()) {
    return ToSign{Message::tls12_client_hash, scheme, hash, Bytes(digest.begin(), digest.end())};
  }
  for (const Message message : {Message::tls13_client, Message::tls13_server}) {
    const Bytes prefix = prefix_of(message == Message::tls13_client ? client_context : server_context);
    if (begins_with(content, prefix)) {
      const ByteView transcript = content.subspan(prefix.size());
      return ToSign{message, scheme, hash, Bytes(transcript.begin(), transcript.end())};
    }
  }
  if (is_key_exchange(content)) {
    return ToSign{Message::tls12_server_params, scheme, hash, Bytes(content.begin(), content.end())};
  }
  return fail(ErrorKind::internal, "what is to be signed is no part of a handshake");
}

Result<Bytes> digest_of(const ToSign& order) {
  switch (order.message) {
    case Message::tls13_client:
    case Message::tls13_server: {
      if (!is_transcript_hash(order.content) || order.scheme == pk::Scheme::rsa_pkcs1) {
        return fail(ErrorKind::peer,
                    "in TLS 1.3 \"content\" is a transcript hash of 32 or 48 bytes, and \"scheme\" is ecdsa "
                    "or rsa_pss");
      }
      Bytes all = prefix_of(order.message == Message::tls13_client ? client_context : server_context);
      all.insert(all.end(), order.content.begin(), order.content.end());
      return hash_of(order.hash, all);
    }
    case Message::tls12_server_params:
      if (!is_key_exchange(order.content)) {
        return fail(ErrorKind::peer,
                    "\"content\" is not client_random, server_random and the parameters of an ECDHE key "
                    "exchange on a named curve");
      }
      return hash_of(order.hash, order.content);
    case Message::tls12_client_hash:
      if (order.content.size() != pk::size_of(order.hash)) {
        return fail(ErrorKind::peer, "\"content\" has not the size of \"hash\"");
      }
      return order.content;
  }
  return fail(ErrorKind::peer, "there is no such message");
}

bool compute_hash(pk::Hash hash, ByteView content, ByteSpan digest) {
  const auto type = hash == pk::Hash::sha256   ? MBEDTLS_MD_SHA256
                    : hash == pk::Hash::sha384 ? MBEDTLS_MD_SHA384
                                               : MBEDTLS_MD_SHA512;
  return digest.size() == pk::size_of(hash) &&
         mbedtls_md(mbedtls_md_info_from_type(type), content.data(), content.size(), digest.data()) == 0;
}

}  // namespace persona::agent
