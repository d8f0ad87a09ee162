#include "open_session.hpp"

#include <algorithm>
#include <utility>

#include "peer_alert.hpp"
#include "wire.hpp"

namespace persona::tls {

namespace {

constexpr std::size_t message_header_size = 4;

// A NewSessionTicket may carry a ticket of 64 KiB; no other message after the handshake is nearly as long.
constexpr std::size_t max_message = std::size_t{68} * 1024;

// How many KeyUpdates in a row, with no data between them, one call of open() accepts. Each costs
// microseconds, and a peer that sends nothing else would starve the other connections of the loop.
constexpr unsigned most_key_updates = 32;

constexpr std::uint8_t warning = 1;  // AlertLevel
constexpr std::uint8_t fatal = 2;

}  // namespace

OpenSession::OpenSession(Parts parts)
    : Session(std::move(parts.info)),
      context_(std::move(parts.context)),
      sending_(std::move(parts.sending)),
      receiving_(std::move(parts.receiving)),
      tickets_(std::move(parts.tickets)),
      limits_(parts.limits) {
  limits_.records = std::max(limits_.records, KeyLimits::least);
}

bool OpenSession::seal(ByteView plaintext, Buffer& output) {
  if (ended()) {
    return false;
  }
  if (!answer(output)) {
    return false;
  }
  while (!plaintext.empty()) {
    // No more records than the current key may still seal.
    const bool worn = sending_.bytes() >= limits_.bytes || sending_.records() >= limits_.records;
    const std::uint64_t left = worn ? 0 : limits_.records - sending_.records();
    if (left <= 1) {  // the last record is for the KeyUpdate itself
      if (!send_key_update(false, output)) {
        return false;
      }
      continue;
    }
    const std::uint64_t most = (left - 1) * max_record_plaintext;
    const ByteView share =
        plaintext.size() > most ? plaintext.first(static_cast<std::size_t>(most)) : plaintext;
    if (!sending_.seal(ContentType::application_data, share, output)) {
      local_failure("cannot encrypt");
      return false;
    }
    plaintext = plaintext.subspan(share.size());
  }
  return true;
}

bool OpenSession::answer(Buffer& output) {
  return answer_owed() ? send_key_update(request_update_, output) : failure() == nullptr;
}

// RFC 8446 section 4.6.3: the message is sent under the old keys, everything after it under the new ones.
bool OpenSession::send_key_update(bool request, Buffer& output) {
  const std::uint8_t message[] = {key_update, 0, 0, 1, static_cast<std::uint8_t>(request ? 1 : 0)};
  answer_owed_ = request_update_ = false;
  if (!sending_.seal(ContentType::handshake, message, output) || !sending_.update()) {
    local_failure("cannot change the traffic keys");
    return false;
  }
  return true;
}

Status OpenSession::open(ByteSpan& input, Plaintext& plaintext, Buffer& output) {
  if (failure() != nullptr) {
    return Status::failed;
  }
  key_updates_ = 0;
  for (;;) {
    const auto size = whole_record(input);
    if (!size) {
      return violated(size.error(), output);
    }
    if (*size == 0) {
      return Status::want_input;
    }
    const auto record = receiving_.open(input.first(*size));
    if (!record) {
      return violated(record.error(), output);
    }
    input = input.subspan(*size);
    // Section 5.1: no other record may come between the pieces of a handshake message.
    if (!message_.empty() && record->type != ContentType::handshake) {
      return violated(AlertDescription::unexpected_message, output);
    }
    switch (record->type) {
      case ContentType::application_data:
        received_data_ = true;
        if (!record->content.empty()) {
          key_updates_ = 0;
          plaintext.pieces.push_back(record->content);
        }
        break;
      case ContentType::handshake:
        if (const Violation violation = take_handshake(record->content)) {
          return violated(*violation, output);
        }
        break;
      default:
        if (const Status status = take_alert(record->content, output); status != Status::want_input) {
          return status;
        }
        break;
    }
    // The peer's keys approach their limit: ask for new ones, once per generation.
    if (!update_requested_ &&
        (receiving_.records() >= limits_.records || receiving_.bytes() >= limits_.bytes)) {
      update_requested_ = request_update_ = true;
    }
  }
}

// The content of one record: several handshake messages, or a piece of one.
OpenSession::Violation OpenSession::take_handshake(ByteView content) {
  if (content.empty()) {
    return AlertDescription::unexpected_message;  // section 5.1: no empty fragments
  }
  const bool in_pieces = !message_.empty();
  if (in_pieces) {
    message_.append(content);
    content = message_.view();
  }
  while (!content.empty()) {
    WireReader reader(content);
    const auto type = static_cast<std::uint8_t>(reader.number(1));
    const auto size = static_cast<std::size_t>(reader.number(3));
    if (reader.ok() && !is_expected(type)) {
      return AlertDescription::unexpected_message;  // before its body has arrived, which may be long
    }
    if (reader.ok() && size > max_message) {
      return AlertDescription::illegal_parameter;
    }
    const ByteView body = reader.take(size);
    if (!reader.ok()) {
      break;
    }
    content = content.subspan(message_header_size + size);
    if (const Violation violation = take_message(type, body, content.empty())) {
      return violation;
    }
  }
  if (!in_pieces) {
    message_.append(content);
  } else {
    message_.consume(message_.size() - content.size());
  }
  if (message_.empty()) {
    message_.release();
  }
  return std::nullopt;
}

// Section 4: any other handshake message is unexpected now, including a CertificateRequest, since we do not
// offer post_handshake_auth.
bool OpenSession::is_expected(std::uint8_t type) const {
  return type == key_update || (type == new_session_ticket && context_->options().role == Role::client);
}

OpenSession::Violation OpenSession::take_message(std::uint8_t type, ByteView body, bool last_of_record) {
  if (type == key_update) {
    return take_key_update(body, last_of_record);
  }
  const bool well_formed = tickets_ ? tickets_->receive(body) : is_new_session_ticket(body);
  return well_formed ? Violation() : AlertDescription::decode_error;
}

// RFC 8446 section 4.6.3.
OpenSession::Violation OpenSession::take_key_update(ByteView body, bool last_of_record) {
  if (body.size() != 1) {
    return AlertDescription::decode_error;
  }
  if (body[0] > 1) {
    return AlertDescription::illegal_parameter;
  }
  if (!last_of_record || ++key_updates_ > most_key_updates) {
    return AlertDescription::unexpected_message;  // section 5.1: keys change between records
  }
  if (!receiving_.update()) {
    return AlertDescription::internal_error;
  }
  update_requested_ = request_update_ = false;  // these are the new keys that we wanted
  answer_owed_ = answer_owed_ || body[0] == 1;
  return std::nullopt;
}

Status OpenSession::take_alert(ByteView content, Buffer& output) {
  if (content.size() != 2) {
    // Section 5.1: an alert fills exactly one record, and an empty one is forbidden.
    return violated(content.empty() ? AlertDescription::unexpected_message : AlertDescription::decode_error,
                    output);
  }
  const std::uint8_t description = content[1];
  if (description == static_cast<std::uint8_t>(AlertDescription::close_notify)) {
    return Status::closed;
  }
  if (description == static_cast<std::uint8_t>(AlertDescription::user_canceled)) {
    return Status::want_input;  // section 6.1: close_notify follows
  }
  // Section 6: the alert level is ignored, and all other alerts are fatal.
  last_sent_ = true;  // section 6.2: no answer to a fatal alert
  return fail(received_alert(*context_, description, stage_of_session(received_data_)));
}

Status OpenSession::violated(AlertDescription alert, Buffer& output) {
  send_last(alert, output);
  const auto peer = peer_word(context_->options().role);
  std::string_view what;
  switch (alert) {
    case AlertDescription::bad_record_mac:
      what = "a record is damaged or not authentic";
      break;
    case AlertDescription::record_overflow:
      what = "a record is longer than allowed";
      break;
    case AlertDescription::unexpected_message:
      what = key_updates_ > most_key_updates ? "it keeps changing its keys (KeyUpdate) and sends nothing else"
                                             : "an unexpected message";
      break;
    case AlertDescription::internal_error:
      return fail({Failure::Kind::protocol_error, "cannot change the traffic keys (memory?)"});
    default:
      what = "a message that does not parse";
      break;
  }
  return fail(
      {Failure::Kind::protocol_error, fmt::format("the {} broke the TLS protocol: {} (answered by alert {})",
                                                  peer, what, alert_name(static_cast<std::uint8_t>(alert)))});
}

Status OpenSession::local_failure(const char* what) {
  last_sent_ = true;
  return fail({Failure::Kind::protocol_error, fmt::format("{}: keys exhausted or out of memory", what)});
}

void OpenSession::send_last(AlertDescription description, Buffer& output) {
  if (ended()) {
    return;
  }
  const bool ordinary = description == AlertDescription::close_notify;
  const std::uint8_t alert[] = {ordinary ? warning : fatal, static_cast<std::uint8_t>(description)};
  if (!sending_.seal(ContentType::alert, alert, output)) {
    local_failure("cannot send an alert");
  }
  last_sent_ = true;
}

void OpenSession::close_notify(Buffer& output) {
  send_last(AlertDescription::close_notify, output);
}

void OpenSession::abort(Buffer& output) {
  send_last(AlertDescription::internal_error, output);
}

bool OpenSession::send_ticket(ByteView message, Buffer& output) {
  return sending_.seal(ContentType::handshake, message, output);
}

}  // namespace persona::tls
