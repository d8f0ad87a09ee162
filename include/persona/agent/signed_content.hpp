// What is signed in a handshake. Who asks for a signature says of what; an agent makes the rest itself, so
// that nothing but a handshake is ever signed.
#pragma once

#include "persona/agent/messages.hpp"

namespace persona::agent {

/// What an agent is to be asked for where mbedTLS wants `digest` signed, which is that of `content`
/// (pk::Signer::sign_content). Failure: it is nothing of a handshake.
Result<ToSign> describe(pk::Scheme scheme, pk::Hash hash, ByteView digest, ByteView content);

/// The hash that is signed, made of the content. Failure: a sentence, if the content is not that of such a
/// message. The hash of a Message::tls12_client_hash is what the other side says.
///
/// Nobody can have one message signed as another: what a TLS 1.3 signature covers begins with 64 spaces and
/// "TLS 1.3, "; in a ServerKeyExchange those 64 bytes are the random values, and a 3 follows (named_curve).
Result<Bytes> digest_of(const ToSign& order);

/// Computes; false if mbedTLS fails. `digest` has the size of the hash.
bool compute_hash(pk::Hash hash, ByteView content, ByteSpan digest);

}  // namespace persona::agent
