// The client's side of resumption; the server's is in ticket_issuer.cpp.
#include "persona/tls/tickets.hpp"

#include <algorithm>
#include <utility>

#include <mbedtls/platform_time.h>

#include "wire.hpp"

namespace persona::tls {

namespace {

// RFC 8446 section 4.6.1: no ticket is kept for longer than seven days.
static_assert(resumable_after_authentication <= std::chrono::hours(24 * 7));

struct NewSessionTicket {
  std::chrono::seconds lifetime{0};
  std::uint32_t age_add = 0;
  ByteView nonce;
  ByteView ticket;
};

/// RFC 8446 section 4.6.1. Extensions are skipped: early_data is the only one defined, and we send no early
/// data.
std::optional<NewSessionTicket> parse_new_session_ticket(ByteView body) {
  WireReader reader(body);
  NewSessionTicket message;
  message.lifetime = std::chrono::seconds(reader.number(4));
  message.age_add = static_cast<std::uint32_t>(reader.number(4));
  message.nonce = reader.vector(1);
  message.ticket = reader.vector(2);
  WireReader extensions(reader.vector(2));
  while (extensions.ok() && !extensions.at_end()) {
    extensions.number(2);
    extensions.vector(2);
  }
  if (!reader.at_end() || !extensions.ok() || message.ticket.empty()) {
    return std::nullopt;
  }
  return message;
}

bool usable(const Ticket& ticket, const Moment& now) {
  const TicketTime age = ticket_time() - ticket.received;
  return age >= 0 && std::chrono::milliseconds(age) < ticket.lifetime && x509::now() < ticket.valid_until &&
         resumable_for(ticket.authenticated_at, now).count() > 0;
}

}  // namespace

TicketTime ticket_time() {
  return mbedtls_ms_time();
}

std::chrono::seconds resumable_for(const Moment& authenticated_at, const Moment& now) {
  constexpr std::chrono::milliseconds whole = resumable_after_authentication;
  const std::chrono::milliseconds age = elapsed(authenticated_at, now).value_or(whole);
  return std::chrono::duration_cast<std::chrono::seconds>(whole - std::min(age, whole));
}

void TicketStore::put(const std::string& target, Ticket ticket) {
  auto shared = std::make_shared<const Ticket>(std::move(ticket));
  const std::lock_guard lock(mutex_);
  if (!targets_.contains(target) && targets_.size() >= max_targets) {
    targets_.erase(targets_.begin());
  }
  auto& tickets = targets_[target];
  if (shared->version == TlsVersion::tls12) {
    tickets.clear();
  }
  if (tickets.size() >= per_target) {
    tickets.pop_front();
  }
  tickets.push_back(std::move(shared));
}

std::shared_ptr<const Ticket> TicketStore::take(const std::string& target) {
  const std::lock_guard lock(mutex_);
  const auto found = targets_.find(target);
  if (found == targets_.end()) {
    return nullptr;
  }
  auto& tickets = found->second;
  const Moment at = now();
  while (!tickets.empty() && !usable(*tickets.back(), at)) {
    tickets.pop_back();
  }
  if (tickets.empty()) {
    targets_.erase(found);
    return nullptr;
  }
  auto newest = tickets.back();
  if (tickets.size() > 1) {
    tickets.pop_back();
  }
  return newest;
}

void TicketStore::forget(const std::string& target) {
  const std::lock_guard lock(mutex_);
  targets_.erase(target);
}

bool TicketBank::receive(ByteView body) {
  const auto message = parse_new_session_ticket(body);
  if (!message) {
    return false;
  }
  const auto hash = suite_hash(parts_.cipher_suite);
  Secret psk =
      hash ? resumption_psk(*hash, parts_.resumption_master_secret.view(), message->nonce) : Secret();
  const std::chrono::seconds lifetime =
      std::min(message->lifetime, resumable_for(parts_.authenticated_at, parts_.store->now()));
  if (psk.empty() || lifetime.count() == 0 || message->ticket.size() > largest_ticket) {
    return true;  // well-formed, but not kept (section 4.6.1: a lifetime of zero means discard it)
  }
  Ticket ticket;
  ticket.identity.assign(message->ticket.begin(), message->ticket.end());
  ticket.psk = std::move(psk);
  ticket.cipher_suite = parts_.cipher_suite;
  ticket.age_add = message->age_add;
  ticket.lifetime = lifetime;
  ticket.received = ticket_time();
  ticket.authenticated_at = parts_.authenticated_at;
  ticket.peer = parts_.peer;
  ticket.peer_ids = parts_.peer_ids;
  ticket.peer_path = parts_.peer_path;
  ticket.valid_until = parts_.valid_until;
  parts_.store->put(parts_.target, std::move(ticket));
  return true;
}

bool is_new_session_ticket(ByteView body) {
  return parse_new_session_ticket(body).has_value();
}

}  // namespace persona::tls
