// Session resumption by tickets (RFC 8446 sections 2.2 and 4.6.1): what a client keeps, what a server seals.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "persona/base/bytes.hpp"
#include "persona/tls/aead.hpp"
#include "persona/tls/clock.hpp"
#include "persona/tls/key_schedule.hpp"
#include "persona/x509/time.hpp"

namespace persona::tls {

/// Milliseconds of mbedTLS's monotonic clock (mbedtls_ms_time), which measures the age of tickets.
using TicketTime = std::int64_t;
TicketTime ticket_time();

/// How long after a full handshake sessions are resumed from it, however often its tickets were renewed: who
/// has stolen a session, but not the private key, gets no further. RFC 8446 section 4.6.1 recommends a limit
/// on what renewals add up to, and has no ticket used for longer than seven days.
inline constexpr std::chrono::hours resumable_after_authentication{24};

/// What is left of it, in whole seconds; zero: a full handshake is due.
std::chrono::seconds resumable_for(const Moment& authenticated_at, const Moment& now);

/// A NewSessionTicket as a client received it, with what its session established. A resumed session is as
/// good as the one it came from: the peer's name was verified then, and is not sent again.
struct Ticket {
  Bytes identity;  ///< opaque to us: RFC 8446 calls it `ticket`
  Secret psk;
  std::uint16_t cipher_suite = 0;
  std::uint32_t age_add = 0;
  std::chrono::seconds lifetime{0};  ///< since `received`; at most what resumable_for() said then
  TicketTime received = 0;
  Moment authenticated_at{};      ///< when the full handshake was that it descends from
  std::string peer;               ///< the subject that was verified
  x509::TimePoint valid_until{};  ///< when the first certificate of its chain expires
};

/// The tickets of one service, by gateway address and name. Thread-safe: the loops share it. Belongs to a
/// Context, so it goes when identity or trust are exchanged.
class TicketStore {
 public:
  static constexpr std::size_t per_target = 8;
  static constexpr std::size_t max_targets = 256;

  explicit TicketStore(Clock clock = &now_by_both_clocks) : clock_(clock) {}

  Moment now() const { return clock_(); }

  /// The newest is used first; the oldest of a target makes room.
  void put(const std::string& target, Ticket ticket);

  /// The newest that is still valid, for one use; null when there is none. The last of a target stays for
  /// further connections until a newer one comes: RFC 8446 appendix C.4 advises single use so that
  /// connections cannot be linked, which the client certificate does anyway.
  std::shared_ptr<const Ticket> take(const std::string& target);

  /// After a handshake that offered one failed.
  void forget(const std::string& target);

 private:
  Clock clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::deque<std::shared_ptr<const Ticket>>> targets_;
};

/// What a client's session needs to turn NewSessionTicket messages into tickets.
class TicketBank {
 public:
  struct Parts {
    TicketStore* store = nullptr;  ///< outlives the bank
    std::string target;
    std::uint16_t cipher_suite = 0;
    Secret resumption_master_secret;
    std::string peer;
    x509::TimePoint valid_until{};
    Moment authenticated_at{};  ///< as Ticket
  };

  explicit TicketBank(Parts parts) : parts_(std::move(parts)) {}

  /// The body of a NewSessionTicket message. False: it is malformed (decode_error).
  [[nodiscard]] bool receive(ByteView body);

 private:
  Parts parts_;
};

/// True when `body` is a NewSessionTicket, whose ticket nobody wants.
[[nodiscard]] bool is_new_session_ticket(ByteView body);

/// What a server puts into a ticket of its own: all that a resumed session needs to know.
struct TicketContent {
  std::uint16_t cipher_suite = 0;
  std::uint32_t age_add = 0;
  TicketTime created = 0;
  Moment authenticated_at{};  ///< when the full handshake was that it descends from
  Secret psk;
  x509::TimePoint valid_until{};  ///< when the first certificate of the client's chain expires
  std::string peer;               ///< the subject of the client's certificate
  Bytes client_certificate;       ///< the leaf in DER, to judge the client again; empty: it had none
};

/// Seals and opens a server's tickets under keys of its own that live in memory only and change every half
/// lifetime. Thread-safe. Belongs to a Context: other identity or trust, other keys.
class TicketIssuer {
 public:
  /// The longest of a ticket: that of one made by a full handshake.
  static constexpr std::chrono::seconds lifetime{resumable_after_authentication};
  static constexpr std::size_t key_id_size = 4;

  explicit TicketIssuer(Clock clock = &now_by_both_clocks) : clock_(clock) {}

  /// Makes the NewSessionTicket message (with its handshake header) for a session that has just been
  /// verified. `content`: all but psk, age_add and created, which are made here. Nothing on failure, and when
  /// a full handshake is due.
  std::optional<Bytes> issue(TicketContent content, ByteView resumption_master_secret);

  /// Nothing when the ticket is not ours, damaged or too old, or its client has to prove its key again.
  std::optional<TicketContent> open(ByteView ticket);

 private:
  struct Key {
    std::array<std::uint8_t, key_id_size> id{};
    TicketTime made = 0;
    std::unique_ptr<AeadKey> key;
  };

  std::optional<Bytes> seal(const TicketContent& content);
  bool rotate();

  Clock clock_;
  std::mutex mutex_;
  Key current_;
  Key previous_;
};

}  // namespace persona::tls
