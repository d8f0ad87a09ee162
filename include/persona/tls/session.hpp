// An open TLS session without a socket: the peer is verified, bytes go in and out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/tls/failure.hpp"
#include "persona/x509/time.hpp"

namespace persona::tls {

enum class Status {
  want_input,   ///< all that could be used was; feed more
  established,  ///< Handshake::advance: the peer is verified; input left over belongs to the session
  closed,       ///< Session::open: close_notify received; nothing more will come from the peer
  failed,       ///< see failure(); what is in the output (an alert, if any) should still be sent
};

/// What was agreed.
struct SessionInfo {
  TlsVersion version = TlsVersion::tls13;
  std::string_view cipher_suite;  ///< IANA name
  bool resumed = false;
  std::string alpn;  ///< empty: none agreed
  std::string peer;  ///< subject of the peer's certificate; empty: it presented none
  /// When the peer's leaf expires; nothing when it presented none, as in a session that is resumed.
  std::optional<x509::TimePoint> peer_not_after;
};

/// Plaintext of one Session::open: pieces in order, views into its input or into `copied`. Kept by the caller
/// from call to call, so that its memory is used again.
struct Plaintext {
  std::vector<ByteView> pieces;
  Buffer copied;  ///< for a session that cannot open records in place (TLS 1.2)

  bool empty() const { return pieces.empty(); }
  std::size_t size() const {
    std::size_t total = 0;
    for (const ByteView piece : pieces) {
      total += piece.size();
    }
    return total;
  }
  void clear() {
    pieces.clear();
    copied.clear();
  }
};

/// TLS 1.3: our own record protocol (open_session.cpp). TLS 1.2: mbedTLS's (mbedtls_session.cpp). Not
/// thread-safe, but bound to no thread. The first failure is kept for good.
class Session {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Appends records with all of `plaintext` to `output`, and before them what the session owes the peer.
  /// False: failed, and no record may be sent any more.
  [[nodiscard]] virtual bool seal(ByteView plaintext, Buffer& output) = 0;

  /// Opens the records at the front of `input`, in place where it can, adds their content to `plaintext` and
  /// takes them off `input`: what is left is the beginning of a record, to be offered again with more behind
  /// it. `output` gets an alert when it fails. After `closed` and `failed`, `input` is not to be used.
  virtual Status open(ByteSpan& input, Plaintext& plaintext, Buffer& output) = 0;

  /// True when a message of the peer wants an answer (a KeyUpdate): one is owed, however many it sends, so a
  /// peer that does not read cannot make us queue them.
  virtual bool answer_owed() const = 0;

  /// Appends what is owed. False: failed.
  [[nodiscard]] virtual bool answer(Buffer& output) = 0;

  /// Appends a close_notify alert: we will send nothing more (RFC 8446 section 6.1). Idempotent.
  virtual void close_notify(Buffer& output) = 0;

  /// Appends a fatal internal_error alert: a reason on our side, not the peer's, ends the session.
  virtual void abort(Buffer& output) = 0;

  const SessionInfo& info() const { return info_; }
  const std::optional<Failure>& failure() const { return failure_; }

 protected:
  explicit Session(SessionInfo info) : info_(std::move(info)) {}
  Status fail(Failure failure) {
    if (!failure_) {
      failure_ = std::move(failure);
    }
    return Status::failed;
  }

 private:
  SessionInfo info_;
  std::optional<Failure> failure_;
};

}  // namespace persona::tls
