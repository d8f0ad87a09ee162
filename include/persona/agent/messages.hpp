// What is said to an agent, which holds private keys, and what it answers: docs/agent.md. A line of
// JSON each, one question and one answer on a connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/pk/signer.hpp"

namespace persona::agent {

/// In bytes without the line end, of both. The longest answer is a signature by an RSA key of 8192 bits.
inline constexpr std::size_t longest_line = 8192;

/// Which message of a handshake is signed.
enum class Message {
  tls13_client,         ///< CertificateVerify of a client: the transcript hash (RFC 8446 section 4.4.1)
  tls13_server,         ///< the same of a server
  tls12_server_params,  ///< ServerKeyExchange: client_random, server_random, params (RFC 5246 section 7.4.3)
  tls12_client_hash,    ///< CertificateVerify of a client: the hash of handshake_messages (section 7.4.8)
};

std::string_view to_string(Message message);

struct ToSign {
  Message message = Message::tls13_client;
  pk::Scheme scheme = pk::Scheme::ecdsa;
  pk::Hash hash = pk::Hash::sha256;
  Bytes content;

  friend bool operator==(const ToSign&, const ToSign&) = default;
};

struct Question {
  SpkiPin key;                  ///< of the certificate
  std::optional<ToSign> order;  ///< nothing: is the key there?

  friend bool operator==(const Question&, const Question&) = default;
};

std::string write_question(const Question& question);
/// The message of a failure says what is wrong with the line.
Result<Question> read_question(std::string_view line);

struct Answer {
  Bytes signature;  ///< empty: the key is there
  /// How the key signs, where only that was asked; absent: in every way of its kind.
  std::optional<std::vector<pk::Scheme>> schemes{};

  friend bool operator==(const Answer&, const Answer&) = default;
};

std::string write_answer(const Answer& answer);
std::string write_refusal(std::string_view why);
/// Failure: the refusal, in the agent's words, or the line is not what was expected.
Result<Answer> read_answer(std::string_view line);

}  // namespace persona::agent
