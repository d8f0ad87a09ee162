// One TLS session without a socket: bytes in, bytes out, in either role.
//
//     engine.handshake(received, to_send)   until established or failed
//     engine.seal(plaintext, to_send)       records for the peer
//     engine.open(received, plaintext, to_send)
//     engine.close_notify(to_send)          the end of our direction
//
// TLS 1.2 and 1.3 (RFC 5246, RFC 8446). Not thread-safe, but bound to no thread: whoever holds it may call
// it, so a handshake may run away from the event loop. No callback leaves it. The first failure is kept for
// good.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/tls/context.hpp"
#include "persona/tls/failure.hpp"

namespace persona::tls {

/// The largest plaintext of one record (RFC 8446 section 5.1).
inline constexpr std::size_t max_record_plaintext = 16'384;
/// Header, AEAD tag, explicit nonce of TLS 1.2 and content type of TLS 1.3: never more per record with AEAD
/// suites.
inline constexpr std::size_t max_record_overhead = 5 + 16 + 8 + 1;

/// What was agreed. Valid once established.
struct SessionInfo {
  TlsVersion version = TlsVersion::tls13;
  std::string_view cipher_suite;  ///< IANA name
  bool resumed = false;
  std::string alpn;  ///< empty: none agreed
  std::string peer;  ///< subject of the peer's certificate; empty: it presented none
};

enum class Status {
  want_input,   ///< all input is used up; feed more
  established,  ///< handshake(): the peer is verified; input left over belongs to open()
  closed,       ///< open(): close_notify received; nothing more will come from the peer
  failed,       ///< see failure(); what is in the output (an alert, if any) should still be sent
};

class Engine {
 public:
  /// `server_name`: role client: the name verified, and sent as SNI unless it is a numeric address (RFC 6066
  /// section 3). Ignored in role server.
  static Result<std::unique_ptr<Engine>> create(std::shared_ptr<const Context> context,
                                                const std::string& server_name);

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Goes on with the handshake. Takes what it needs from the front of `input`, appends what is to be sent to
  /// `output`. A client's first call, with no input, makes the ClientHello.
  Status handshake(ByteView& input, Buffer& output);

  /// Appends records with all of `plaintext` to `output`. False: failed, and no record may be sent any more.
  bool seal(ByteView plaintext, Buffer& output);

  /// Opens what `input` holds, appending to `plaintext`; an incomplete record is kept inside. `output` may
  /// get an answer (an alert). Uses up all input unless it returns closed or failed.
  Status open(ByteView input, Buffer& plaintext, Buffer& output);

  /// Appends a close_notify alert: we will send nothing more (RFC 8446 section 6.1). Idempotent.
  void close_notify(Buffer& output);

  /// Appends a fatal internal_error alert: a reason on our side, not the peer's, ends the session.
  void abort(Buffer& output);

  const SessionInfo& info() const { return info_; }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct Ssl;

  explicit Engine(std::shared_ptr<const Context> context);
  Status fail(Failure failure);
  Status judge_peer();
  std::string refusal_sentence() const;
  Status fail_handshake(int code);
  Status fail_open(int code);
  Failure describe_alert(std::uint8_t description) const;
  std::string our_certificate() const;
  void read_session_info();
  void note_first_bytes(ByteView input);

  std::shared_ptr<const Context> context_;
  std::unique_ptr<Ssl> ssl_;
  SessionInfo info_;
  std::optional<Failure> failure_;
  std::uint8_t first_bytes_[5] = {};
  std::size_t first_count_ = 0;
  unsigned refused_renegotiations_ = 0;
  bool established_ = false;
  bool received_data_ = false;  // a peer that has sent data has accepted our certificate
  bool close_notify_sent_ = false;
};

}  // namespace persona::tls
