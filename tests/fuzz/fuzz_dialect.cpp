// What a database's client and its server send, in pieces, to each facade, to the negotiation of TLS and to
// what recognises a server: nothing is lost, nothing goes onward after a failure, what is kept is bounded,
// and it makes no difference how the bytes were cut. The first byte chooses protocol and part, the second the
// size of pieces; then come events: one byte says who sends and whether 256 times, one how many bytes follow.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "persona/base/text.hpp"
#include "persona/dialect/facade.hpp"
#include "persona/dialect/recognise.hpp"
#include "persona/dialect/upgrade.hpp"

using namespace persona;
using namespace persona::dialect;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Event {
  enum class Kind { client, server, failure };

  Kind kind = Kind::client;
  Bytes bytes;
};

std::vector<Event> read_events(ByteView script) {
  constexpr std::size_t longest_script = 4096;  // 256 times that is 1 MiB
  script = script.first(std::min(script.size(), longest_script));
  std::vector<Event> events;
  while (script.size() >= 2) {
    const std::size_t length = std::min<std::size_t>(script[1], script.size() - 2);
    const ByteView bytes = script.subspan(2, length);
    Event& event = events.emplace_back();
    event.kind = static_cast<Event::Kind>((script[0] & 0x7fU) % 3);
    for (int times = (script[0] & 0x80U) != 0 ? 256 : 1; times > 0; --times) {
      event.bytes.insert(event.bytes.end(), bytes.begin(), bytes.end());
    }
    script = script.subspan(2 + length);
  }
  return events;
}

/// Hands out the bytes of an event in pieces, of much in larger ones; at least one, which may be empty.
template <typename Take>
void cut(ByteView bytes, std::size_t piece, Take take) {
  constexpr std::size_t most_pieces = 256;
  piece = std::max(piece, bytes.size() / most_pieces);
  do {
    const ByteView here = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(here.size());
    take(here);
  } while (!bytes.empty());
}

struct Passed {
  std::unique_ptr<Facade> facade;
  Buffer to_server;
  Buffer to_client;
  Buffer answer;
  Bytes from_client;  // before a failure
  Bytes from_server;
  bool failed = false;
};

void append(Bytes& all, ByteView bytes) {
  all.insert(all.end(), bytes.begin(), bytes.end());
}

/// A connection fails before the client was sent a byte of the server's, unless there is a greeting. `skips`:
/// as a caller that does not call when it need not.
Passed pass(std::unique_ptr<Facade> made, const std::vector<Event>& events, bool greets, std::size_t piece,
            bool skips) {
  Passed run;
  run.facade = std::move(made);
  const auto to_facade = [&](Event::Kind kind, ByteView bytes) {
    const bool skipped = skips && run.facade->is_over();
    if (kind == Event::Kind::server) {
      append(run.from_server, bytes);
      skipped ? run.to_client.append(bytes) : run.facade->answered(bytes, run.to_client);
      return;
    }
    const bool told = run.facade->telling() == Facade::Telling::told;
    const std::size_t before = run.answer.size();
    append(run.from_client, run.failed ? ByteView() : bytes);
    skipped ? run.to_server.append(bytes) : run.facade->received(bytes, run.to_server, run.answer);
    demand(!told || run.answer.size() == before);
  };
  for (const Event& event : events) {
    const std::size_t passed = run.to_server.size();
    if (event.kind == Event::Kind::failure) {
      if (!run.failed && run.facade->telling() == Facade::Telling::waiting &&
          (greets || run.to_client.empty())) {
        run.failed = true;
        run.facade->regret({Regret::Kind::unreachable, "a sentence", "a hint"}, run.answer);
      }
    } else if (event.kind == Event::Kind::client || !run.failed) {
      cut(event.bytes, piece, [&](ByteView bytes) { to_facade(event.kind, bytes); });
    }
    demand(!run.failed || run.to_server.size() == passed);
    demand(!run.failed || !run.facade->is_over());
    demand(run.failed || run.facade->telling() != Facade::Telling::impossible);
  }
  if (!run.failed) {  // both sides end
    run.facade->received_end(run.to_server);
    run.facade->answered_end(run.to_client);
  }
  return run;
}

bool same(const Buffer& left, const Buffer& right) {
  return std::ranges::equal(left.view(), right.view());
}

// Everything of `sent` but requests that were answered, in order.
bool is_rest_of(ByteView onward, const Bytes& sent) {
  return onward.size() <= sent.size() &&
         std::equal(onward.begin(), onward.end(), sent.end() - static_cast<std::ptrdiff_t>(onward.size()));
}

Bytes sent_by(Event::Kind kind, const std::vector<Event>& events) {
  Bytes sent;
  for (const Event& event : events) {
    if (event.kind == kind) {
      append(sent, event.bytes);
    }
  }
  return sent;
}

void try_facade(Protocol protocol, bool negotiated, std::size_t piece, const std::vector<Event>& events) {
  const auto make = [&] {
    return negotiated ? Facade::create_negotiated(protocol) : Facade::create(protocol);
  };
  const bool greets = negotiated && protocol == Protocol::mysql;
  const std::size_t all = std::size_t{1} << 30U;
  const Passed whole = pass(make(), events, greets, all, false);
  for (const Passed& other :
       {pass(make(), events, greets, 1, false), pass(make(), events, greets, piece, true)}) {
    demand(same(whole.to_server, other.to_server));
    demand(same(whole.to_client, other.to_client));
    // To Redis' clients, a piece of a command is one.
    demand((protocol == Protocol::redis && whole.failed) || same(whole.answer, other.answer));
    demand(whole.facade->is_over() == other.facade->is_over());
    demand(whole.failed || whole.facade->telling() == other.facade->telling());
    // Who is over need not have seen the answer.
    demand(whole.failed || whole.facade->is_over() ||
           whole.facade->awaits_answer() == other.facade->awaits_answer());
  }
  const bool told = whole.facade->telling() == Facade::Telling::told;
  const Bytes& from_client = whole.from_client;
  const Bytes& from_server = whole.from_server;
  constexpr std::size_t answered = 4 * 8;  // requests of PostgreSQL's
  demand(whole.to_server.size() <= from_client.size());
  demand(told || from_client.size() - whole.to_server.size() <= Facade::most_kept + answered);
  demand(whole.to_client.size() <= from_server.size());
  demand(from_server.size() - whole.to_client.size() <= Facade::most_kept);
  demand(whole.answer.size() < Facade::most_kept);
  demand(whole.failed || told || from_client.size() - whole.to_server.size() <= answered);
  demand(whole.failed || greets || !negotiated || from_server.size() == whole.to_client.size() ||
         whole.to_client.view().front() == 'N' || whole.to_client.view().front() == 'v' ||
         whole.to_client.view().front() == 'R');  // a message that lost names
  if (!negotiated) {
    demand(std::ranges::equal(whole.to_client.view(), from_server));
    demand(!whole.facade->is_over() || is_rest_of(whole.to_server.view(), from_client));
  }
  if (greets && whole.facade->is_over()) {
    demand(whole.to_server.size() == from_client.size() && whole.to_client.size() == from_server.size());
  }
}

struct Negotiated {
  std::unique_ptr<Upgrade> upgrade;
  Upgrade::State state = Upgrade::State::wants_server;
  Buffer to_server;
};

Negotiated negotiate(Protocol protocol, const std::vector<Event>& events, std::size_t piece) {
  Negotiated run;
  run.upgrade = Upgrade::create(protocol);
  run.state = run.upgrade->start(run.to_server);
  Buffer onward;
  const auto look = [&run] {
    const bool failed = run.state == Upgrade::State::failed;
    const std::string& error = run.upgrade->error();
    demand(failed != error.empty() && error.size() < 1500 && printable(error) == error);
    demand(run.upgrade->greeting().size() <= Upgrade::most_kept);
    demand(!failed || run.upgrade->greeting().empty());
  };
  look();
  for (const Event& event : events) {
    if (event.kind == Event::Kind::failure) {
      if (event.bytes.empty()) {
        run.state = run.upgrade->without_client(run.to_server);
      } else {
        run.upgrade->ended();
        run.state = run.upgrade->received({}, run.to_server);
      }
    } else if (event.kind == Event::Kind::server) {
      cut(event.bytes, piece,
          [&](ByteView bytes) { run.state = run.upgrade->received(bytes, run.to_server); });
    } else if (onward.size() < Facade::most_kept) {
      cut(event.bytes, piece, [&](ByteView bytes) {
        onward.append(bytes);
        run.state = run.upgrade->client_answered(onward.view(), run.to_server);
      });
    }
    look();
  }
  return run;
}

void try_upgrade(Protocol protocol, std::size_t piece, const std::vector<Event>& events) {
  const Negotiated whole = negotiate(protocol, events, std::size_t{1} << 30U);
  demand(whole.to_server.size() <= 36);
  for (const std::size_t size : {std::size_t{1}, piece}) {
    const Negotiated other = negotiate(protocol, events, size);
    demand(whole.state == other.state && same(whole.to_server, other.to_server));
  }
  const auto server = recognise(sent_by(Event::Kind::server, events));
  demand(!server || (!server->empty() && server->size() < 60 && printable(*server) == *server));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto protocol = static_cast<Protocol>(data[0] & 3U);
  const bool negotiable = protocol == Protocol::postgresql || protocol == Protocol::mysql;
  const bool negotiated = negotiable && (data[0] & 4U) != 0;
  const bool upgrade = negotiable && (data[0] & 8U) != 0;
  const std::size_t piece = 1 + data[1];
  const std::vector<Event> events = read_events({data + 2, size - 2});
  if (upgrade) {
    try_upgrade(protocol, piece, events);
  } else {
    try_facade(protocol, negotiated, piece, events);
  }
  return 0;
}
