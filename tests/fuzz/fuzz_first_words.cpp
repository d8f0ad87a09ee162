// What somebody sends first who does not speak TLS: guesses are short and printable, quotations bounded.
#include <cstdint>
#include <cstdlib>

#include "persona/base/text.hpp"
#include "persona/dialect/client_words.hpp"
#include "persona/dialect/mysql_refusal.hpp"
#include "persona/dialect/recognise.hpp"

using namespace persona;
using namespace persona::dialect;

namespace {

void insist(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t longest_name = 64;
  constexpr std::size_t longest_quotation = 160;
  const ByteView bytes(data, size);
  if (const auto server = recognise(bytes)) {
    insist(!server->empty() && server->size() <= longest_name && printable(*server) == *server);
  }
  if (const auto refusal = mysql_refusal(bytes)) {
    insist(utf8_length(*refusal) <= longest_quotation);
  }
  if (const auto client = words_of_client(bytes)) {
    insist(!client->language.empty() && !client->advice.empty());
  }
  return 0;
}
