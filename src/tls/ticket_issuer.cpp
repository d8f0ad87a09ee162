// The server's side of resumption: tickets carry their session, encrypted, so the server keeps no state (the
// construction that RFC 5077 section 4 recommends).
#include <algorithm>
#include <utility>

#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "persona/tls/tickets.hpp"
#include "wire.hpp"

namespace persona::tls {

namespace {

constexpr std::uint8_t format_version = 4;       // of the plaintext that encode() writes
constexpr std::size_t key_size = 32;             // AES-256-GCM
constexpr std::chrono::minutes largest_skew{1};  // between the clocks of two instances

bool random(ByteSpan output) {
  return psa_generate_random(output.data(), output.size()) == PSA_SUCCESS;
}

Bytes encode_path(const trust::PeerPath& path) {
  Bytes links;
  for (const trust::PathLink& link : path) {
    write_vector(links, as_bytes(link.serial), 1);
    write_vector(links, link.issuer, 3);
  }
  return links;
}

/// Null if there is none.
std::shared_ptr<const trust::PeerPath> decode_path(ByteView links) {
  trust::PeerPath path;
  for (WireReader reader(links); reader.ok() && !reader.at_end();) {
    trust::PathLink& link = path.emplace_back();
    link.serial = as_text(reader.vector(1));
    const ByteView issuer = reader.vector(3);
    link.issuer.assign(issuer.begin(), issuer.end());
  }
  return path.empty() ? nullptr : std::make_shared<const trust::PeerPath>(std::move(path));
}

/// The plaintext of a ticket. The caller must wipe it: it contains the PSK.
Bytes encode(const TicketContent& content) {
  Bytes plain;
  plain.reserve(80 + Secret::max_size + content.peer.size() + content.client_certificate.size());
  write_number(plain, content.version == TlsVersion::tls12 ? 1 : 0, 1);
  write_number(plain, content.cipher_suite, 2);
  write_number(plain, content.age_add, 4);
  write_number(plain, static_cast<std::uint64_t>(content.created), 8);
  write_number(plain, static_cast<std::uint64_t>(content.authenticated_at.monotonic.count()), 8);
  write_number(plain, static_cast<std::uint64_t>(content.authenticated_at.wall.count()), 8);
  write_number(plain, static_cast<std::uint64_t>(content.valid_until.time_since_epoch().count()), 8);
  write_vector(plain, content.psk.view(), 1);
  write_vector(plain, as_bytes(content.peer), 2);
  write_vector(plain, content.client_certificate, 3);
  write_vector(plain, content.peer_path ? encode_path(*content.peer_path) : Bytes(), 3);
  return plain;
}

std::chrono::milliseconds read_milliseconds(WireReader& reader) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(reader.number(8)));
}

std::optional<TicketContent> decode(ByteView plain) {
  WireReader reader(plain);
  TicketContent content;
  content.version = reader.number(1) == 1 ? TlsVersion::tls12 : TlsVersion::tls13;
  content.cipher_suite = static_cast<std::uint16_t>(reader.number(2));
  content.age_add = static_cast<std::uint32_t>(reader.number(4));
  content.created = static_cast<TicketTime>(reader.number(8));
  content.authenticated_at.monotonic = read_milliseconds(reader);
  content.authenticated_at.wall = read_milliseconds(reader);
  content.valid_until = x509::TimePoint(std::chrono::seconds(static_cast<std::int64_t>(reader.number(8))));
  content.psk = Secret(reader.vector(1));
  content.peer = as_text(reader.vector(2));
  const ByteView certificate = reader.vector(3);
  content.client_certificate.assign(certificate.begin(), certificate.end());
  content.peer_path = decode_path(reader.vector(3));
  return reader.at_end() ? std::optional(std::move(content)) : std::nullopt;
}

}  // namespace

// Under the lock. A key seals for half a lifetime, then opens until the next one replaces it as the previous
// key.
bool TicketIssuer::rotate() {
  const TicketTime now = ticket_time();
  constexpr TicketTime half = std::chrono::milliseconds(lifetime).count() / 2;
  if (is_shared_ || (!keys_.empty() && now >= keys_.front().made && now - keys_.front().made < half)) {
    return true;
  }
  std::uint8_t bytes[key_size];
  Key fresh;
  const bool made = random(bytes) && random(fresh.id);
  fresh.made = now;
  fresh.key = made ? AeadKey::create(Aead::aes_256_gcm, bytes) : nullptr;
  mbedtls_platform_zeroize(bytes, sizeof bytes);
  if (!fresh.key) {
    return false;
  }
  keys_.insert(keys_.begin(), std::move(fresh));
  keys_.resize(std::min<std::size_t>(keys_.size(), 2));
  return true;
}

Result<std::unique_ptr<TicketIssuer>> TicketIssuer::with_keys(const TicketKeys& shared, bool have_paths,
                                                              Clock clock) {
  const std::string bound_to = shared.trust + (have_paths ? "1" : "0");
  auto issuer = std::make_unique<TicketIssuer>(clock);
  issuer->is_shared_ = true;
  for (const Secret& each : shared.keys) {
    std::array<std::uint8_t, key_id_size + key_size> bytes{};
    const ByteView view(bytes);
    Key& key = issuer->keys_.emplace_back();
    if (expand_label(Hash::sha256, each.view(), "persona ticket", as_bytes(bound_to), bytes)) {
      std::copy_n(view.begin(), key_id_size, key.id.begin());
      key.key = AeadKey::create(Aead::aes_256_gcm, view.subspan(key_id_size));
    }
    mbedtls_platform_zeroize(bytes.data(), bytes.size());
    if (!key.key) {
      return fail(ErrorKind::internal, "the keys of tls.ticket_keys cannot be used: out of memory");
    }
  }
  return issuer;
}

/// Monotonic clocks begin anew with each machine.
void TicketIssuer::tell_others(TicketContent& content) const {
  const Moment now = clock_();
  content.created = now.wall.count();
  content.authenticated_at.monotonic = {};
}

/// As if it were ours. False: it is from the future.
bool TicketIssuer::take_over(TicketContent& content) const {
  const Moment now = clock_();
  const auto age_of = [&](std::chrono::milliseconds wall) { return now.wall - wall; };
  const auto age = age_of(std::chrono::milliseconds(content.created));
  const auto since = age_of(content.authenticated_at.wall);
  if (age < -largest_skew || since < -largest_skew) {
    return false;
  }
  content.created = ticket_time() - std::max<TicketTime>(age.count(), 0);
  const auto before = std::max(since, std::chrono::milliseconds(0));
  content.authenticated_at = {now.monotonic - before, now.wall - before};
  return true;
}

// key id | nonce | AES-256-GCM(content | version)
std::optional<Bytes> TicketIssuer::seal(TicketContent& content) {
  if (is_shared_) {
    tell_others(content);
  }
  Bytes plain = encode(content);
  Bytes ticket(key_id_size + aead_nonce_size + plain.size() + 1 + aead_tag_size);
  const ByteSpan id(ticket.data(), key_id_size);
  const ByteSpan nonce(ticket.data() + key_id_size, aead_nonce_size);
  bool sealed = false;
  {
    const std::lock_guard lock(mutex_);
    if (rotate()) {
      const Key& newest = keys_.front();
      std::copy(newest.id.begin(), newest.id.end(), id.begin());
      sealed =
          random(nonce) && newest.key->seal(nonce, id, plain, format_version, nonce.data() + nonce.size());
    }
  }
  mbedtls_platform_zeroize(plain.data(), plain.size());
  return sealed ? std::optional(std::move(ticket)) : std::nullopt;
}

std::optional<TicketContent> TicketIssuer::open(ByteView ticket) {
  constexpr std::size_t front = key_id_size + aead_nonce_size;
  if (ticket.size() < front + 1 + aead_tag_size) {
    return std::nullopt;
  }
  const ByteView id = ticket.first(key_id_size);
  Bytes sealed(ticket.begin() + front, ticket.end());
  bool opened = false;
  {
    const std::lock_guard lock(mutex_);
    for (const Key& key : keys_) {
      if (!opened && std::equal(id.begin(), id.end(), key.id.begin())) {
        opened = key.key->open(ticket.subspan(key_id_size, aead_nonce_size), id, sealed);
      }
    }
  }
  std::optional<TicketContent> content;
  const std::size_t size = sealed.size() - aead_tag_size - 1;
  if (opened && sealed[size] == format_version) {
    content = decode(ByteView(sealed).first(size));
  }
  mbedtls_platform_zeroize(sealed.data(), sealed.size());
  if (content && is_shared_ && !take_over(*content)) {
    return std::nullopt;
  }
  if (content) {
    const TicketTime age = ticket_time() - content->created;
    if (age < 0 || std::chrono::milliseconds(age) >= lifetime ||
        resumable_for(content->authenticated_at, clock_()).count() == 0) {
      return std::nullopt;
    }
  }
  return content;
}

std::chrono::seconds TicketIssuer::lifetime_left(const TicketContent& content) const {
  return std::min(lifetime, resumable_for(content.authenticated_at, clock_()));
}

std::optional<TicketIssuer::Tls12Ticket> TicketIssuer::issue_tls12(TicketContent content) {
  const std::chrono::seconds left = lifetime_left(content);
  content.version = TlsVersion::tls12;
  content.created = ticket_time();
  auto ticket = left.count() > 0 ? seal(content) : std::nullopt;
  return ticket ? std::optional(Tls12Ticket{std::move(*ticket), left}) : std::nullopt;
}

std::optional<Bytes> TicketIssuer::issue(TicketContent content, ByteView resumption_master_secret) {
  const auto hash = suite_hash(content.cipher_suite);
  std::uint8_t nonce[8];
  std::uint8_t age_add[4];
  const std::chrono::seconds left = lifetime_left(content);
  if (!hash || left.count() == 0 || !random(nonce) || !random(age_add)) {
    return std::nullopt;
  }
  content.psk = resumption_psk(*hash, resumption_master_secret, nonce);
  content.age_add = static_cast<std::uint32_t>(WireReader(age_add).number(sizeof age_add));
  content.created = ticket_time();
  const auto ticket = content.psk.empty() ? std::nullopt : seal(content);
  if (!ticket || ticket->size() > 0xffff) {
    return std::nullopt;
  }
  Bytes body;
  body.reserve(ticket->size() + 32);
  write_number(body, static_cast<std::uint64_t>(left.count()), 4);
  write_number(body, content.age_add, 4);
  write_vector(body, nonce, 1);
  write_vector(body, *ticket, 2);
  write_vector(body, {}, 2);  // no extensions
  Bytes message;
  message.reserve(body.size() + 4);
  write_number(message, new_session_ticket, 1);
  write_vector(message, body, 3);
  return message;
}

}  // namespace persona::tls
