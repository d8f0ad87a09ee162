// An open TLS session without a socket: the peer is verified; bytes go in and out.
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
#include "persona/trust/peer_path.hpp"
#include "persona/x509/time.hpp"

namespace persona::tls {

enum class Status {
  want_input,   ///< all complete input was used; more is needed
  established,  ///< Handshake::advance: the peer is verified; input left over belongs to the session
  closed,       ///< Session::open: close_notify received; nothing more will come from the peer
  failed,       ///< see failure(); the output may hold an alert, which should still be sent
};

/// What was negotiated.
struct SessionInfo {
  TlsVersion version = TlsVersion::tls13;
  std::string_view cipher_suite;  ///< IANA name
  /// Of the key exchange, by its name in named_groups(). Empty: there was none (a session that was resumed in
  /// TLS 1.2), or this build's mbedTLS lacks our patch and cannot tell.
  std::string_view group;
  bool resumed = false;
  std::string alpn;                 ///< empty: none negotiated
  std::string peer;                 ///< subject of the peer's certificate; empty: it presented none
  x509::CertificateIds peer_ids{};  ///< of that certificate
  /// The path by which it was accepted, in a resumed session too; null unless
  /// ContextOptions::keep_peer_paths.
  std::shared_ptr<const trust::PeerPath> peer_path{};
  /// When the peer's leaf expires; nothing if it presented none, as in a resumed session.
  std::optional<x509::TimePoint> peer_not_after;
  x509::TimePoint peer_not_before{};  ///< the other end of that
};

/// The plaintext from one Session::open: pieces in order, which point into its input or into `copied`. The
/// caller keeps one from call to call, so that its memory is reused.
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
/// thread-safe, but not tied to a thread. The first failure is final.
class Session {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Appends records with all of `plaintext` to `output`, preceded by what the session owes the peer (see
  /// answer_owed). False: it failed, and no further record may be sent.
  [[nodiscard]] virtual bool seal(ByteView plaintext, Buffer& output) = 0;

  /// Opens the records at the front of `input`, in place where possible, adds their content to `plaintext`
  /// and removes them from `input`. What is left is the beginning of a record: pass it again once more bytes
  /// have arrived after it. On failure an alert is appended to `output`. After `closed` or `failed`, `input`
  /// must not be used.
  virtual Status open(ByteSpan& input, Plaintext& plaintext, Buffer& output) = 0;

  /// True when we owe the peer a KeyUpdate, because it asked for one or because we want its next keys.
  /// Several requests are answered by one, so a peer that does not read cannot fill our queue.
  virtual bool answer_owed() const = 0;

  /// Appends what is owed, if anything. False: failed.
  [[nodiscard]] virtual bool answer(Buffer& output) = 0;

  /// How much of an incomplete record the session itself keeps, instead of leaving it in the input.
  virtual std::size_t held() const { return 0; }

  /// Appends a close_notify alert: we shall send nothing more (RFC 8446 section 6.1). Idempotent.
  virtual void close_notify(Buffer& output) = 0;

  /// Appends a fatal internal_error alert: the session ends for a reason on our side, not the peer's.
  virtual void abort(Buffer& output) = 0;

  const SessionInfo& info() const { return info_; }
  const Failure* failure() const { return failure_.get(); }  ///< null: it has not failed

 protected:
  explicit Session(SessionInfo info) : info_(std::move(info)) {}
  Status fail(Failure failure) {
    if (!failure_) {
      failure_ = std::make_unique<const Failure>(std::move(failure));
    }
    return Status::failed;
  }

 private:
  SessionInfo info_;
  std::unique_ptr<const Failure> failure_;  // most sessions need no room for one
};

}  // namespace persona::tls
