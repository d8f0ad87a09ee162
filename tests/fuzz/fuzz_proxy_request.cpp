// What a proxy answers, in pieces: it makes no difference how the bytes were cut, nothing behind the answer
// is lost, what is kept is bounded, and sentences are printable and without the password. The first byte
// chooses the kind of proxy and whether there is a user, the second the size of pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "persona/base/text.hpp"
#include "persona/dialect/proxy_request.hpp"

using namespace persona;
using namespace persona::dialect;

namespace {

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Answered {
  Dialogue::State state = Dialogue::State::wants_server;
  std::string error;
  Bytes rest;
  std::size_t taken = 0;  // of what the proxy sent, until it was enough
  std::size_t sent = 0;   // by us
};

Answered ask(bool socks, bool user, ByteView answer, std::size_t piece) {
  constexpr const char* password = "a password of nobody";
  Proxy proxy;
  proxy.protocol = socks ? Proxy::Protocol::socks5 : Proxy::Protocol::http;
  proxy.user = user ? "alice" : "";
  const auto dialogue = ask_proxy(proxy, user ? password : "", *Endpoint::parse("db.example.com:5433"));
  Answered run;
  Buffer to_server;
  run.state = dialogue->start(to_server);
  while (run.state == Dialogue::State::wants_server && run.taken < answer.size()) {
    const ByteView here = answer.subspan(run.taken, std::min(piece, answer.size() - run.taken));
    run.state = dialogue->received(here, to_server);
    run.taken += here.size();
  }
  if (run.state == Dialogue::State::wants_server) {
    dialogue->ended();
    expect(!dialogue->error().empty());
  }
  run.error = dialogue->error();
  expect((run.state == Dialogue::State::agreed) == run.error.empty());
  expect(run.error.size() < 2000 && printable(run.error) == run.error);
  // A proxy that says it itself is quoted, and the fuzzer learns to: to recognise that, it would have to be
  // kept.
  expect(run.error.find(password) == std::string::npos ||
         as_text(answer).find(password) != std::string_view::npos);
  run.rest.assign(dialogue->rest().begin(), dialogue->rest().end());
  run.sent = to_server.size();
  return run;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const bool socks = (data[0] & 1U) != 0;
  const bool user = (data[0] & 2U) != 0;
  const ByteView answer(data + 2, size - 2);
  const Answered whole = ask(socks, user, answer, answer.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} + data[1]}) {
    const Answered other = ask(socks, user, answer, piece);
    expect(whole.state == other.state && whole.sent == other.sent);
    // All that was sent is the answer or the rest, wherever it was cut.
    expect(whole.taken - whole.rest.size() == other.taken - other.rest.size() ||
           whole.state != Dialogue::State::agreed);
    expect(std::equal(other.rest.begin(), other.rest.end(), whole.rest.begin()));
    expect(other.taken <= longest_proxy_answer + piece || whole.state == Dialogue::State::agreed);
  }
  return 0;
}
