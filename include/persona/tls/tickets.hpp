// Session resumption by tickets (RFC 8446 sections 2.2 and 4.6.1; TLS 1.2: RFC 5077): what a client keeps,
// what a server seals.
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
#include "persona/base/tls_parameters.hpp"
#include "persona/tls/aead.hpp"
#include "persona/tls/clock.hpp"
#include "persona/tls/key_schedule.hpp"
#include "persona/tls/ticket_keys.hpp"
#include "persona/trust/peer_path.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/time.hpp"

namespace persona::tls {

/// Milliseconds of mbedTLS's monotonic clock (mbedtls_ms_time), which measures the age of tickets.
using TicketTime = std::int64_t;
TicketTime ticket_time();

/// How long after a full handshake its sessions may be resumed, however often the tickets were renewed. It
/// limits what a thief of a session, without the private key, can do with it. RFC 8446 section 4.6.1
/// recommends a limit on the total of all renewals, and forbids a lifetime of more than seven days.
inline constexpr std::chrono::hours resumable_after_authentication{24};

/// What is left of that time, in whole seconds; zero: a full handshake is due.
std::chrono::seconds resumable_for(const Moment& authenticated_at, const Moment& now);

/// A NewSessionTicket as a client received it, with what its session established. A resumed session relies on
/// the verification of the original one: the server sends no certificate again (RFC 8446 section 2.2).
struct Ticket {
  TlsVersion version = TlsVersion::tls13;
  Bytes identity;              ///< opaque to us: RFC 8446 calls it `ticket`
  bool is_session_id = false;  ///< TLS 1.2: `identity` is the ID of a session that the server keeps
  Secret psk;                  ///< TLS 1.2: the master secret
  std::uint16_t cipher_suite = 0;
  std::uint32_t age_add = 0;
  std::chrono::seconds lifetime{0};  ///< from `received` on; at most what resumable_for() returned then
  TicketTime received = 0;
  Moment authenticated_at{};                           ///< the time of the original full handshake
  std::string peer;                                    ///< the subject that was verified
  x509::CertificateIds peer_ids{};                     ///< of its certificate
  std::shared_ptr<const trust::PeerPath> peer_path{};  ///< as in SessionInfo
  x509::TimePoint valid_until{};                       ///< when the first certificate of its chain expires
};

/// A client's tickets, by gateway address and name. Thread-safe: the loops share it. It belongs to a Context,
/// so it is destroyed when identity or trust are replaced.
class TicketStore {
 public:
  static constexpr std::size_t per_target = 8;
  static constexpr std::size_t max_targets = 256;

  explicit TicketStore(Clock clock = &now_by_both_clocks) : clock_(clock) {}

  Moment now() const { return clock_(); }

  /// When a target is full, its oldest ticket is dropped. One of TLS 1.2 replaces all others.
  void put(const std::string& target, Ticket ticket);

  /// The newest valid ticket, which is removed; null if there is none. The last ticket of a target stays and
  /// is reused until a newer one arrives, as tickets of TLS 1.2 are made for: RFC 8446 appendix C.4 advises
  /// single use so that connections cannot be linked, but the client certificate links them anyway.
  std::shared_ptr<const Ticket> take(const std::string& target);

  /// After a failed handshake that offered one.
  void forget(const std::string& target);

 private:
  Clock clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::deque<std::shared_ptr<const Ticket>>> targets_;
};

/// Turns the NewSessionTicket messages of a client's session into tickets.
class TicketBank {
 public:
  struct Parts {
    TicketStore* store = nullptr;  ///< must outlive the bank
    std::string target;
    std::uint16_t cipher_suite = 0;
    Secret resumption_master_secret;
    std::string peer;
    x509::CertificateIds peer_ids{};
    std::shared_ptr<const trust::PeerPath> peer_path{};
    x509::TimePoint valid_until{};
    Moment authenticated_at{};  ///< as in Ticket
  };

  explicit TicketBank(Parts parts) : parts_(std::move(parts)) {}

  /// `body`: of a NewSessionTicket message. False: it is malformed (decode_error).
  [[nodiscard]] bool receive(ByteView body);

 private:
  Parts parts_;
};

/// A ClientHello that contains the ticket must fit into mbedTLS's output buffer of 16 KiB.
inline constexpr std::size_t largest_ticket = std::size_t{12} * 1024;

/// True if `body` is a well-formed NewSessionTicket. For sessions that keep no tickets.
[[nodiscard]] bool is_new_session_ticket(ByteView body);

/// What a server seals into its tickets: all that it must know to resume the session.
struct TicketContent {
  TlsVersion version = TlsVersion::tls13;
  std::uint16_t cipher_suite = 0;
  std::uint32_t age_add = 0;
  TicketTime created = 0;
  Moment authenticated_at{};      ///< the time of the original full handshake
  Secret psk;                     ///< TLS 1.2: the master secret
  x509::TimePoint valid_until{};  ///< when the first certificate of the client's chain expires
  std::string peer;               ///< the subject of the client's certificate
  Bytes client_certificate;       ///< the leaf in DER, to check the client again; empty: it had none
  std::shared_ptr<const trust::PeerPath> peer_path{};  ///< as in SessionInfo
  x509::CertificateIds peer_ids{};  ///< of that certificate; not sealed, read from it when it was checked
};

/// Seals and opens a server's tickets under its own keys, which exist only in memory and are replaced every
/// half lifetime, or under keys that other instances have as well. Thread-safe. It belongs to a Context, so a
/// new identity or trust brings new keys; those that are shared hold for one trust, whoever has the identity.
class TicketIssuer {
 public:
  /// The longest lifetime of a ticket: that of one issued after a full handshake.
  static constexpr std::chrono::seconds lifetime{resumable_after_authentication};
  static constexpr std::size_t key_id_size = 4;

  explicit TicketIssuer(Clock clock = &now_by_both_clocks) : clock_(clock) {}

  /// With keys that are shared by those whose tickets have the client's path, or by those whose have not: a
  /// session without it could not be cut when its client is revoked. Fails when memory runs out.
  static Result<std::unique_ptr<TicketIssuer>> with_keys(const TicketKeys& shared, bool have_paths,
                                                         Clock clock);

  /// Makes the NewSessionTicket message (with its handshake header) for a session whose peer has just been
  /// verified. `content`: all but psk, age_add and created, which are filled in here. Nothing on failure, or
  /// when a full handshake is due.
  std::optional<Bytes> issue(TicketContent content, ByteView resumption_master_secret);

  struct Tls12Ticket {
    Bytes ticket;
    std::chrono::seconds lifetime{0};
  };

  /// The same for TLS 1.2, where mbedTLS makes the message. `content`: with the master secret as psk.
  std::optional<Tls12Ticket> issue_tls12(TicketContent content);

  /// Nothing if the ticket is not ours, damaged or too old, or if its client must prove its key again.
  std::optional<TicketContent> open(ByteView ticket);

 private:
  struct Key {
    std::array<std::uint8_t, key_id_size> id{};
    TicketTime made = 0;
    std::unique_ptr<AeadKey> key;
  };

  std::chrono::seconds lifetime_left(const TicketContent& content) const;
  std::optional<Bytes> seal(TicketContent& content);
  bool rotate();
  void tell_others(TicketContent& content) const;
  bool take_over(TicketContent& content) const;

  Clock clock_;
  bool is_shared_ = false;  // by other processes, so times are those of the wall clock
  std::mutex mutex_;
  std::vector<Key> keys_;  // the first seals
};

}  // namespace persona::tls
