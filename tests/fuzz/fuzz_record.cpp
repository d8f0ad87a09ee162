// Arbitrary bytes for an open TLS 1.3 session, in either role: as the wire, or as the content of records that
// an authentic peer seals, so that they reach the handshake and alert messages. No input may crash it; a
// damaged record gives no plaintext; the first failure stays, and what the session says can be read.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "../support/peer.hpp"
#include "persona/authority/authority.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Fixture {
  std::shared_ptr<const Context> contexts[2];  // by role
  TicketStore store;

  Fixture() {
    must(x509::initialise_crypto());
    const auto authority = must(authority::Authority::create("Fuzz CA", std::chrono::hours(24)));
    authority::IssueRequest request;
    request.common_name = "fuzz";
    const auto pem = must(authority->issue(request));
    for (const Role role : {Role::client, Role::server}) {
      ContextOptions options;
      options.role = role;
      options.trust = *must(trust::TrustStore::from_pem({.ca = authority->certificate_pem()}));
      options.identity =
          *must(identity::Identity::from_pem(pem->certificate, pem->private_key, std::nullopt));
      contexts[role == Role::client ? 0 : 1] = *must(Context::create(options));
    }
  }

  std::unique_ptr<TicketBank> bank() {
    TicketBank::Parts parts;
    parts.store = &store;
    parts.target = "fuzz";
    parts.cipher_suite = aes_128;
    parts.resumption_master_secret = secret_of(aes_128, 1);
    parts.valid_until = x509::now() + std::chrono::hours(1);
    parts.authenticated_at = now_by_both_clocks();
    return std::make_unique<TicketBank>(std::move(parts));
  }
};

/// Takes choices from the front of the input.
class Choices {
 public:
  explicit Choices(ByteView input) : input_(input) {}
  bool done() const { return input_.empty(); }
  std::uint8_t next() {
    if (input_.empty()) {
      return 0;
    }
    const std::uint8_t byte = input_[0];
    input_ = input_.subspan(1);
    return byte;
  }
  ByteView take(std::size_t count) {
    const ByteView taken = input_.first(std::min(count, input_.size()));
    input_ = input_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView input_;
};

/// Feeds `wire` in the pieces that the choices say.
Status feed(End& end, ByteView wire, std::size_t chunk) {
  Status status = Status::want_input;
  while (!wire.empty() && status == Status::want_input) {
    const ByteView piece = wire.first(std::min(chunk == 0 ? wire.size() : chunk, wire.size()));
    wire = wire.subspan(piece.size());
    status = end.receive(piece);
    if (end->answer_owed() && end->failure() == nullptr) {
      demand(end->answer(end.output));
    }
  }
  return status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  if (size < 2) {
    return 0;
  }
  Choices choices({data, size});
  const std::uint8_t mode = choices.next();
  const std::size_t chunk = choices.next() % 32;  // 0: all at once
  const bool client = (mode & 1) != 0;
  const bool authentic = (mode & 2) != 0;
  const std::uint64_t limit = (mode & 4) != 0 ? 3 : KeyLimits().records;

  End end(parts_of(fixture.contexts[client ? 0 : 1], aes_128, {limit},
                   client && (mode & 8) != 0 ? fixture.bank() : nullptr));
  Forger forger(aes_128, client ? server_sends : client_sends);
  Reader reader(aes_128, client ? client_sends : server_sends);
  Status status = Status::want_input;
  std::size_t sent = 0;  // application data of an authentic peer
  while (!choices.done() && status == Status::want_input) {
    if (!authentic) {
      status = feed(end, choices.take(size), chunk);
      break;
    }
    const std::uint8_t kind = choices.next();
    const ByteView content = choices.take(choices.next());
    const std::size_t padding = kind >> 5;
    Bytes record;
    switch (kind % 8) {
      case 0:
      case 1:
      case 2:
        record = forger.record(ContentType::handshake, content, padding);
        break;
      case 3:
        record = forger.data(content, padding);
        sent += content.size();
        break;
      case 4:
        record = forger.record(ContentType::alert, content, padding);
        break;
      case 5:
        record = forger.update((kind & 8) != 0);
        break;
      case 6:
        record = content.empty() ? Bytes(content.begin(), content.end()) : forger.seal(content);
        sent += content.size();
        break;
      default:  // we speak
        if (end.session().failure() == nullptr) {
          demand(end.send(content));
        }
        break;
    }
    status = feed(end, record, chunk);
  }
  demand((status == Status::failed) == (end->failure() != nullptr));
  demand(end.plaintext.size() <= sent);
  for (const auto& record : reader.read(end.output)) {
    demand(!record.content.empty());
  }
  if (status == Status::failed) {
    const Bytes text = end.text();
    demand(end.receive(forger.data(as_bytes("late"))) == Status::failed && end.text() == text);
    demand(!end.send(as_bytes("late")) && end.output.empty());
  }
  return 0;
}
