// The TLS handshake without a socket, in either role, TLS 1.2 and 1.3 (RFC 5246, RFC 8446): bytes in, bytes
// out, until the peer is verified or a Failure says why not.
//
//     handshake.advance(received, to_send)   until established or failed
//     handshake.take_session()               seals and opens from then on; the handshake can be destroyed
//
// It costs milliseconds of CPU, so it can run off the event loop: it is not thread-safe, but not tied to a
// thread either. It calls nothing back. The first failure is final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/tls/certificate_request.hpp"
#include "persona/tls/context.hpp"
#include "persona/tls/failure.hpp"
#include "persona/tls/session.hpp"
#include "persona/tls/tickets.hpp"

namespace persona::tls {

struct Ssl;

class Handshake {
 public:
  struct Target {
    /// Client: the name to verify, also sent as SNI unless it is a numeric address (RFC 6066 section 3) or a
    /// SPIFFE ID.
    std::string server_name;
    /// Client: tickets are kept for this address and the name, usually the address dialled. Empty: no
    /// resumption.
    std::string address;
    /// Client: the host dialled. It is sent as SNI where `server_name` is a SPIFFE ID.
    std::string host = {};
    /// Client: keep what the server asks for, for take_request().
    bool notes_request = false;
  };

  static Result<std::unique_ptr<Handshake>> create(std::shared_ptr<const Context> context, Target target);

  ~Handshake();
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  /// Continues the handshake: takes what it needs from the front of `input` and appends what must be sent to
  /// `output`. A client's first call, with no input, makes the ClientHello.
  Status advance(ByteView& input, Buffer& output);

  /// The session, once established. The second call returns null.
  std::unique_ptr<Session> take_session() { return std::move(session_); }

  const std::optional<Failure>& failure() const { return failure_; }

  /// What the server asks of our certificate, once it has, and if Target::notes_request. The second call
  /// returns nothing.
  std::optional<CertificateRequest> take_request() { return std::exchange(request_, std::nullopt); }

  /// Once established: what is odd about the peer's certificates, and tolerated. Empty after a resumption.
  std::vector<trust::Oddity> take_oddities() { return std::move(oddities_); }

 private:
  explicit Handshake(std::shared_ptr<const Context> context);
  Result<void> prepare_client();
  void note_request();
  Status fail(Failure failure);
  Status fail_after(int code);
  void send_missing_alert(int code);
  Status judge_peer();
  bool judge_resumption();
  Status refuse_peer(bool absent);
  bool write_refusal();
  Status establish();
  void keep_tls12_session(const SessionInfo& info);
  trust::VerifyReason refusal_reason() const;
  Failure refusal() const;
  Failure describe_alert(std::uint8_t description) const;
  SessionInfo session_info() const;
  void note_first_bytes(ByteView input);

  std::shared_ptr<const Context> context_;
  Target target_;
  std::string ticket_key_;  // empty: nothing is resumed
  std::unique_ptr<Ssl> ssl_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<const Ticket> offered_;  // client
  bool resumed_ = false;
  std::optional<Failure> failure_;
  std::vector<trust::Oddity> oddities_;
  std::optional<CertificateRequest> request_;
  std::uint8_t first_bytes_[5] = {};
  std::size_t first_count_ = 0;
};

}  // namespace persona::tls
