// What an agent is asked and answers: whatever comes is refused or read, what is read is written as it was
// meant, and nothing is signed but what has the form of a handshake.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/agent/messages.hpp"
#include "persona/agent/signed_content.hpp"

using namespace persona;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto question = agent::read_question(line)) {
    const auto again = agent::read_question(agent::write_question(*question));
    if (!again || *again != *question) {
      std::abort();
    }
    if (question->order) {
      const auto digest = agent::digest_of(*question->order);
      if (digest && digest->size() != pk::size_of(question->order->hash)) {
        std::abort();
      }
    }
  } else if (question.error().message.empty()) {
    std::abort();
  }
  if (const auto answer = agent::read_answer(line);
      answer && agent::read_answer(agent::write_answer(*answer)) != *answer) {
    std::abort();
  }
  // The same bytes as what mbedTLS would have signed.
  const ByteView content(data, size);
  Bytes digest(pk::size_of(pk::Hash::sha256));
  if (!content.empty() && agent::compute_hash(pk::Hash::sha256, content, digest)) {
    if (const auto order = agent::describe(pk::Scheme::ecdsa, pk::Hash::sha256, digest, content)) {
      const auto made = agent::digest_of(*order);
      if (made && *made != digest) {
        std::abort();
      }
    }
  }
  return 0;
}
