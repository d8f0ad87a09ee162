// Arbitrary bytes as a NewSessionTicket that a client banks, and as a ticket that a server opens.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "../support/peer.hpp"
#include "persona/identity/identity.hpp"
#include "persona/tls/tickets.hpp"
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
  TicketIssuer issuer;
  Bytes genuine;  // a NewSessionTicket body of the issuer's
  std::size_t ticket_at = 0;

  Fixture() {
    must(x509::initialise_crypto());
    TicketContent content;
    content.cipher_suite = aes_128;
    content.authenticated_at = now_by_both_clocks();
    content.peer = "CN=fuzz";
    content.client_certificate = Bytes(300, 0x30);
    const auto message = must(issuer.issue(std::move(content), Bytes(32, 1)));
    genuine.assign(message->begin() + 4, message->end());
    ticket_at = 8 + 1 + genuine[8] + 2;
  }
  ByteView ticket() const { return ByteView(genuine).subspan(ticket_at, genuine.size() - ticket_at - 2); }
};

void bank(ByteView body) {
  TicketStore store;
  TicketBank::Parts parts;
  parts.store = &store;
  parts.target = "fuzz";
  parts.cipher_suite = aes_128;
  parts.resumption_master_secret = secret_of(aes_128, 1);
  parts.valid_until = x509::now() + std::chrono::hours(1);
  parts.authenticated_at = now_by_both_clocks();
  const bool taken = TicketBank(std::move(parts)).receive(body);
  demand(taken == is_new_session_ticket(body));
  if (const auto ticket = store.take("fuzz")) {
    demand(taken && !ticket->identity.empty() && ticket->identity.size() < body.size());
    demand(ticket->lifetime.count() > 0 && ticket->lifetime <= resumable_after_authentication);
    demand(ticket->psk.view().size() == 32);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  if (size < 1) {
    return 0;
  }
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      bank(input);
      break;
    case 1:
      demand(!fixture.issuer.open(input));
      break;
    default: {  // a genuine one with some bytes exchanged
      Bytes changed = data[0] % 4 == 2 ? fixture.genuine : bytes_of(fixture.ticket());
      const Bytes before = changed;
      for (std::size_t i = 0; i + 2 < input.size(); i += 3) {
        const std::size_t at = std::size_t{input[i]} << 8 | input[i + 1];
        changed[at % changed.size()] = input[i + 2];
      }
      if (data[0] % 4 == 2) {
        bank(changed);
      } else {
        demand(fixture.issuer.open(changed).has_value() == (changed == before));
      }
      break;
    }
  }
  return 0;
}
