// The TLS 1.3 session after the handshake, over our own records: application data, KeyUpdate,
// NewSessionTicket and alerts (RFC 8446 sections 4.6, 5 and 6).
#pragma once

#include <cstdint>
#include <memory>

#include "persona/tls/context.hpp"
#include "persona/tls/record.hpp"
#include "persona/tls/session.hpp"
#include "persona/tls/tickets.hpp"

namespace persona::tls {

/// When keys are changed. RFC 8446 section 5.5 allows AES-GCM 2^24.5 full-sized records under one key. A
/// session of small records may send more of them, because some peers end a session on a KeyUpdate.
struct KeyLimits {
  std::uint64_t records = std::uint64_t{1} << 31;
  std::uint64_t bytes = std::uint64_t{1} << 38;  ///< 2^24 full-sized records
  /// The least for `records`: one record of data and the KeyUpdate.
  static constexpr std::uint64_t least = 2;
};

class OpenSession final : public Session {
 public:
  struct Parts {
    std::shared_ptr<const Context> context;
    SessionInfo info;
    RecordProtection sending;
    RecordProtection receiving;
    std::unique_ptr<TicketBank> tickets;  ///< null: tickets are parsed and dropped
    KeyLimits limits;
  };

  explicit OpenSession(Parts parts);

  bool seal(ByteView plaintext, Buffer& output) override;
  Status open(ByteSpan& input, Plaintext& plaintext, Buffer& output) override;
  bool answer_owed() const override { return (answer_owed_ || request_update_) && !ended(); }
  bool answer(Buffer& output) override;
  void close_notify(Buffer& output) override;
  void abort(Buffer& output) override;

  /// Server: appends a NewSessionTicket message (RFC 8446 section 4.6.1).
  [[nodiscard]] bool send_ticket(ByteView message, Buffer& output);

 private:
  using Violation = std::optional<AlertDescription>;

  bool ended() const { return failure() != nullptr || last_sent_; }
  bool send_key_update(bool request, Buffer& output);
  Violation take_handshake(ByteView content);
  bool is_expected(std::uint8_t type) const;
  Violation take_message(std::uint8_t type, ByteView body, bool last_of_record);
  Violation take_key_update(ByteView body, bool last_of_record);
  Status take_alert(ByteView content, Buffer& output);
  Status violated(AlertDescription alert, Buffer& output);
  Status local_failure(const char* what);
  void send_last(AlertDescription description, Buffer& output);

  std::shared_ptr<const Context> context_;
  RecordProtection sending_;
  RecordProtection receiving_;
  std::unique_ptr<TicketBank> tickets_;
  KeyLimits limits_;
  unsigned key_updates_ = 0;       // in a row, within one open()
  Buffer message_;                 // the incomplete handshake message received so far
  bool answer_owed_ = false;       // the peer has asked for a KeyUpdate of ours
  bool request_update_ = false;    // we want one from the peer and have yet to ask
  bool update_requested_ = false;  // ... we want one, asked for or not, and it has not come
  bool received_data_ = false;     // a peer that has sent data has accepted our certificate
  bool last_sent_ = false;         // close_notify or a fatal alert: nothing may follow
};

}  // namespace persona::tls
