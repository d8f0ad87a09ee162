// Drives mbedTLS until the peer is verified, or says why it is not.
#include "persona/tls/handshake.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "handover.hpp"
#include "handshake_error.hpp"
#include "mbedtls_session.hpp"
#include "peer_alert.hpp"
#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/identity/identity.hpp"
#include "persona/tls/record.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/words.hpp"
#include "read_certificate_request.hpp"
#include "refusal_alert.hpp"
#include "resumption.hpp"
#include "ssl.hpp"

namespace persona::tls {

namespace {

/// Errors of mbedTLS's certificate and public key parsers, which run before there is a verdict (x509.h,
/// pk.h).
bool is_certificate_error(int code) {
  const int high = -(-code & 0x7f80);  // the high-level part of an error code (mbedtls/error.h)
  return (high <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE && high >= MBEDTLS_ERR_X509_BUFFER_TOO_SMALL) ||
         high == MBEDTLS_ERR_PK_KEY_INVALID_FORMAT || high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
         high == MBEDTLS_ERR_PK_INVALID_PUBKEY || high == MBEDTLS_ERR_PK_INVALID_ALG ||
         high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
}

void append_clear_alert(std::uint8_t description, Buffer& output) {
  const std::uint8_t record[] = {MBEDTLS_SSL_MSG_ALERT,         3,          3, 0, 2,
                                 MBEDTLS_SSL_ALERT_LEVEL_FATAL, description};
  output.append(record);
}

}  // namespace

Handshake::Handshake(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

Handshake::~Handshake() = default;

Result<std::unique_ptr<Handshake>> Handshake::create(std::shared_ptr<const Context> context, Target target) {
  std::unique_ptr<Handshake> handshake(new Handshake(std::move(context)));
  handshake->target_ = std::move(target);
  handshake->target_.server_name = std::string(without_final_dot(handshake->target_.server_name));
  const ContextOptions& options = handshake->context_->options();
  std::optional<std::string> expected_name;
  if (options.role == Role::client) {
    expected_name = handshake->target_.server_name;
  }
  handshake->ssl_ = std::make_unique<Ssl>(
      trust::PeerVerifier(options.trust.get(), handshake->context_->verify_policy(std::move(expected_name))));
  mbedtls_ssl_context* ssl = &handshake->ssl_->context;
  if (int code = mbedtls_ssl_setup(ssl, handshake->context_->config()); code != 0) {
    return persona::fail(ErrorKind::internal, "cannot set up a TLS session (mbedTLS -0x{:04x})", -code);
  }
  if (options.role == Role::client) {
    if (auto prepared = handshake->prepare_client(); !prepared) {
      return tl::unexpected(prepared.error());
    }
  }
  return handshake;
}

Result<void> Handshake::prepare_client() {
  std::string sni(trust::is_spiffe_id(target_.server_name) ? without_final_dot(target_.host)
                                                           : target_.server_name);
  // mbedTLS sends no SNI for a null name, and must not check names itself: the PeerVerifier does.
  if (IpAddress::parse(sni)) {
    sni.clear();
  }
  if (int code = mbedtls_ssl_set_hostname(&ssl_->context, sni.empty() ? nullptr : sni.c_str()); code != 0) {
    return persona::fail(ErrorKind::internal, "cannot use the name {} (mbedTLS -0x{:04x})",
                         target_.server_name, -code);
  }
  ssl_->keeps_certificate_request = target_.notes_request;
  if (context_->ticket_store() != nullptr && !target_.address.empty()) {
    ticket_key_ = fmt::format("{} {}", target_.address, target_.server_name);
    offered_ = context_->ticket_store()->take(ticket_key_);
    if (offered_ && !offer_ticket(*ssl_, *offered_, sni)) {
      offered_.reset();
    }
  }
  return {};
}

Status Handshake::advance(ByteView& input, Buffer& output) {
  if (failure_) {
    return Status::failed;
  }
  note_first_bytes(input);
  ssl_->input = input;
  ssl_->output = &output;
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  do {
    code = run_handshake(*ssl_);
    // WANT_READ with input left: mbedTLS ignored a warning alert.
  } while (code == MBEDTLS_ERR_SSL_WANT_READ && !ssl_->input.empty());
  input = ssl_->input;
  ssl_->input = {};
  note_request();

  Status status = Status::want_input;
  if (code == 0) {
    status = judge_peer();
  } else if (code != MBEDTLS_ERR_SSL_WANT_READ) {
    status = fail_after(code);
  }
  if (ssl_) {
    ssl_->output = nullptr;
  }
  return status;
}

void Handshake::note_request() {
  if (!ssl_->certificate_request) {
    return;
  }
  const bool tls12 = mbedtls_ssl_get_version_number(&ssl_->context) == MBEDTLS_SSL_VERSION_TLS1_2;
  request_ =
      read_certificate_request(*ssl_->certificate_request, tls12 ? TlsVersion::tls12 : TlsVersion::tls13,
                               context_->options().identity.get());
  ssl_->certificate_request.reset();
}

// The handshake is complete; there is a session only if the peer is who it must be. In the client role
// mbedTLS has already refused any other peer (MBEDTLS_SSL_VERIFY_REQUIRED).
Status Handshake::judge_peer() {
  const bool absent = !ssl_->verifier.verdict() && mbedtls_ssl_get_peer_cert(&ssl_->context) == nullptr;
  if (absent && judge_resumption()) {
    resumed_ = true;
    return establish();
  }
  const bool absence_allowed = context_->options().role == Role::server &&
                               context_->options().peer_certificate != PeerCertificate::required;
  // After the callback mbedTLS may object itself, for example to a curve that is not in tls.groups.
  const bool verified = ssl_->verifier.passed() && mbedtls_ssl_get_verify_result(&ssl_->context) == 0;
  return (absent ? absence_allowed : verified) ? establish() : refuse_peer(absent);
}

// A resumed handshake has no certificates: both sides have proved that they know the PSK of a session whose
// peer was verified (RFC 8446 section 2.2).
bool Handshake::judge_resumption() {
  const bool tls12 = mbedtls_ssl_get_version_number(&ssl_->context) == MBEDTLS_SSL_VERSION_TLS1_2;
  if (context_->options().role == Role::client) {
    return offered_ != nullptr && (!tls12 || ssl_->session_accepted);
  }
  // accept_ticket() has checked the client. In a full handshake mbedTLS sets a flag for a missing
  // certificate.
  return resumed_ticket(*ssl_) != nullptr && mbedtls_ssl_get_verify_result(&ssl_->context) == 0;
}

Status Handshake::refuse_peer(bool absent) {
  Failure failure = refusal();
  if (absent) {
    failure.message = fmt::format("the {} presented no certificate", peer_word(context_->options().role));
    failure.verify_reason = to_string(trust::VerifyReason::no_certificate);
  }
  const int sent = mbedtls_ssl_send_alert_message(
      &ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
      refusal_alert(absent ? trust::VerifyReason::no_certificate : refusal_reason()));
  if (sent != 0) {
    failure.message += fmt::format("; the alert could not be sent (mbedTLS -0x{:04x})", -sent);
  }
  return fail(std::move(failure));
}

// The alert of a server that stops at the client's certificate. Its Finished was the last message under the
// handshake keys (RFC 8446 section A.2), so the alert is the first record under the application keys.
bool Handshake::write_refusal() {
  const std::uint8_t alert[] = {MBEDTLS_SSL_ALERT_LEVEL_FATAL, refusal_alert(refusal_reason())};
  if (mbedtls_ssl_get_version_number(&ssl_->context) == MBEDTLS_SSL_VERSION_TLS1_2) {
    // In the clear: neither side has sent ChangeCipherSpec yet (RFC 5246 section 7.3).
    append_clear_alert(alert[1], *ssl_->output);
    return true;
  }
  auto protection = RecordProtection::create(static_cast<std::uint16_t>(ssl_->negotiated_suite()),
                                             std::move(ssl_->server_traffic_secret));
  return protection && protection->seal(ContentType::alert, alert, *ssl_->output);
}

// TLS 1.3: our own record protocol takes over, and mbedTLS's context is freed. TLS 1.2: the context stays,
// because mbedTLS handles the records.
Status Handshake::establish() {
  SessionInfo info = session_info();
  Buffer& output = *ssl_->output;
  oddities_ = ssl_->verifier.take_oddities();
  if (info.version == TlsVersion::tls12) {
    keep_tls12_session(info);
    session_ = std::make_unique<MbedtlsSession>(context_, std::move(info), std::move(ssl_));
    return Status::established;
  }
  if (mbedtls_ssl_check_pending(&ssl_->context) != 0) {
    // RFC 8446 section 5.1: keys change between records, so nothing may follow Finished in the same record.
    return fail({Failure::Kind::handshake_failed,
                 fmt::format("the {} broke the TLS protocol: it sent data after its Finished message",
                             peer_word(context_->options().role))});
  }
  Handover handover;
  handover.cipher_suite = static_cast<std::uint16_t>(mbedtls_ssl_get_ciphersuite_id_from_ssl(&ssl_->context));
  handover.client_traffic_secret = std::move(ssl_->client_traffic_secret);
  handover.server_traffic_secret = std::move(ssl_->server_traffic_secret);
  if (context_->options().resumption) {
    handover.resumption_master_secret = resumption_master_secret(*ssl_, handover.cipher_suite);
  }
  handover.info = std::move(info);
  if (const TicketContent* ticket = resumed_ ? resumed_ticket(*ssl_) : nullptr) {
    handover.peer_valid_until = ticket->valid_until;
    handover.authenticated_at = ticket->authenticated_at;
    handover.client_certificate = ticket->client_certificate;
  } else if (offered_ && resumed_) {
    handover.peer_valid_until = offered_->valid_until;
    handover.authenticated_at = offered_->authenticated_at;
  } else {
    const auto& verdict = ssl_->verifier.verdict();
    handover.peer_valid_until = verdict ? verdict->valid_until : x509::TimePoint::max();
    handover.authenticated_at = context_->options().clock();
    if (const auto* leaf = mbedtls_ssl_get_peer_cert(&ssl_->context)) {
      handover.client_certificate.assign(leaf->raw.p, leaf->raw.p + leaf->raw.len);
    }
  }
  session_ = open_session(std::move(handover), context_, ticket_key_, output);
  ssl_.reset();
  if (!session_) {
    return fail({Failure::Kind::handshake_failed, "cannot set up the traffic keys (out of memory?)"});
  }
  return Status::established;
}

// A ClientHello that offers a session of TLS 1.2 offers no other version (ssl_client.c). If the gateway did
// not resume, the next one offers them all: a gateway that has learnt TLS 1.3 meanwhile is not held to the
// old one.
void Handshake::keep_tls12_session(const SessionInfo& info) {
  const ContextOptions& options = context_->options();
  const bool narrowed = offered_ && offered_->version == TlsVersion::tls12 && !resumed_;
  if (context_->ticket_store() == nullptr || ticket_key_.empty()) {
    return;
  }
  if (narrowed && options.max_version != TlsVersion::tls12) {
    context_->ticket_store()->forget(ticket_key_);
    return;
  }
  auto ticket = tls12_ticket(*ssl_);
  const auto& verdict = ssl_->verifier.verdict();
  if (!ticket || (resumed_ && ticket->identity == offered_->identity) || (!resumed_ && !verdict)) {
    return;
  }
  ticket->authenticated_at = resumed_ ? offered_->authenticated_at : options.clock();
  ticket->peer = info.peer;
  ticket->peer_ids = info.peer_ids;
  ticket->peer_path = info.peer_path;
  ticket->valid_until = resumed_ ? offered_->valid_until : verdict->valid_until;
  ticket->received = ticket_time();
  // RFC 5077 section 3.3: a lifetime of zero leaves it to the client.
  const auto longest = resumable_for(ticket->authenticated_at, context_->ticket_store()->now());
  ticket->lifetime = ticket->lifetime.count() == 0 ? longest : std::min(ticket->lifetime, longest);
  context_->ticket_store()->put(ticket_key_, std::move(*ticket));
}

trust::VerifyReason Handshake::refusal_reason() const {
  if (ssl_->verifier.passed()) {
    return trust::VerifyReason::weak_key;  // an objection of mbedTLS's own: see refusal()
  }
  const auto& verdict = ssl_->verifier.verdict();
  return verdict ? verdict->reason : trust::VerifyReason::malformed;
}

Failure Handshake::refusal() const {
  std::string sentence =
      ssl_->verifier.passed()
          ? fmt::format("the {}'s certificate has a key that is not accepted: is its curve in tls.groups?",
                        peer_word(context_->options().role))
          : ssl_->verifier.explain();
  Failure failure{Failure::Kind::verify_failed, std::move(sentence), to_string(refusal_reason())};
  if (const auto& verdict = ssl_->verifier.verdict()) {
    failure.peer = verdict->peer_name;
    failure.peer_ids = verdict->peer_ids;
  }
  return failure;
}

Status Handshake::fail_after(int code) {
  const Role role = context_->options().role;
  const auto peer = peer_word(role);
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
    return fail(describe_alert(ssl_->received_alert()));
  }
  if (const auto alert = ssl_->unprotected_alert(); code == MBEDTLS_ERR_SSL_INVALID_MAC && alert) {
    return fail(describe_alert(*alert));
  }
  // Before the other codes: a refused certificate is the cause of whatever mbedTLS reports after it.
  if (ssl_->verifier.verdict() && !ssl_->verifier.passed()) {
    Failure failure = refusal();
    if (ssl_->muted && !write_refusal()) {
      failure.message += "; the alert could not be sent";
    }
    return fail(std::move(failure));
  }
  send_missing_alert(code);
  switch (code) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_X509_FATAL_ERROR:
      return fail(refusal());
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
      if (ssl_->verifier.verdict()) {
        return fail(refusal());
      }
      break;
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
      if (ssl_->session_accepted && !ssl_->extended_master_secret) {
        return fail(
            {Failure::Kind::handshake_failed,
             fmt::format("the {} resumed a session without the extended master secret that it had (RFC "
                         "7627)",
                         peer)});
      }
      break;
    default:
      break;
  }
  if (is_certificate_error(code)) {
    return fail({Failure::Kind::verify_failed, explain_unreadable(*ssl_, role, code),
                 to_string(trust::VerifyReason::malformed)});
  }
  auto sentence = explain_not_tls(role, first_bytes_, first_count_);
  if (!sentence) {
    sentence = explain_error(*ssl_, context_->options(), code);
  }
  if (!sentence) {
    sentence = fmt::format("TLS handshake with the {} failed: {} (mbedTLS -0x{:04x})", peer,
                           x509::mbedtls_reason(code), -code);
  }
  return fail({Failure::Kind::handshake_failed, std::move(*sentence)});
}

// mbedTLS 3.6 ends many a handshake without a word (RFC 8446 section 6.2). Whoever speaks no TLS gets none.
void Handshake::send_missing_alert(int code) {
  if (ssl_->sent_alert || ssl_->muted ||
      explain_not_tls(context_->options().role, first_bytes_, first_count_)) {
    return;
  }
  const std::uint8_t alert =
      is_certificate_error(code) ? MBEDTLS_SSL_ALERT_MSG_BAD_CERT : alert_for(*ssl_, code);
  if (context_->options().role == Role::server && ssl_->deriving_secret()) {
    // mbedTLS has a ServerHello to send before anything else, which must not be sent now.
    append_clear_alert(alert, *ssl_->output);
    return;
  }
  // If it cannot be sent either, the end of the connection has to do.
  static_cast<void>(mbedtls_ssl_send_alert_message(&ssl_->context, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert));
}

void Handshake::note_first_bytes(ByteView input) {
  const std::size_t taken = std::min(input.size(), sizeof first_bytes_ - first_count_);
  std::copy_n(input.data(), taken, first_bytes_ + first_count_);
  first_count_ += taken;
}

SessionInfo Handshake::session_info() const {
  const mbedtls_ssl_context* ssl = &ssl_->context;
  SessionInfo info;
  info.version = mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2 ? TlsVersion::tls12
                                                                                   : TlsVersion::tls13;
  const int suite = mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl);
  if (const CipherSuite* known = find_cipher_suite(static_cast<std::uint16_t>(suite))) {
    info.cipher_suite = known->name;
  }
#ifdef MBEDTLS_SSL_IANA_TLS_GROUP_X25519MLKEM768  // mbedTLS with our patch
  if (const NamedGroup* known = find_named_group(mbedtls_ssl_get_named_group(ssl))) {
    info.group = known->name;
  }
#endif
  if (const char* protocol = mbedtls_ssl_get_alpn_protocol(ssl)) {
    info.alpn = protocol;
  }
  info.resumed = resumed_;
  if (const TicketContent* ticket = resumed_ ? resumed_ticket(*ssl_) : nullptr) {
    info.peer = ticket->peer;
    info.peer_ids = ticket->peer_ids;
    info.peer_path = ticket->peer_path;
  } else if (resumed_) {
    info.peer = offered_->peer;
    info.peer_ids = offered_->peer_ids;
    info.peer_path = offered_->peer_path;
  } else if (const auto& verdict = ssl_->verifier.verdict()) {
    info.peer = verdict->peer_name;
    info.peer_ids = verdict->peer_ids;
    info.peer_path = verdict->path;
  }
  const mbedtls_x509_crt* leaf = resumed_ ? nullptr : mbedtls_ssl_get_peer_cert(ssl);
  if (leaf != nullptr) {
    info.peer_not_before = x509::not_before(*leaf);
    info.peer_not_after = x509::not_after(*leaf);
  }
  return info;
}

Failure Handshake::describe_alert(std::uint8_t description) const {
  const AlertStage stage =
      ssl_->negotiated_suite() == 0 ? AlertStage::negotiating : AlertStage::authenticating;
  Failure failure = received_alert(*context_, description, stage);
  if (failure.kind == Failure::Kind::peer_alert) {
    failure.kind = Failure::Kind::handshake_failed;  // no session was established
  }
  return failure;
}

Status Handshake::fail(Failure failure) {
  if (offered_) {
    context_->ticket_store()->forget(ticket_key_);  // the ticket may be the cause: do not offer it again
  }
  if (!failure_) {
    failure_ = std::move(failure);
  }
  return Status::failed;
}

}  // namespace persona::tls
