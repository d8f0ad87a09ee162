#include "persona/tls/context.hpp"

#include <array>
#include <utility>

#include <mbedtls/ssl.h>

#include "ml_kem.hpp"
#include "persona/identity/identity.hpp"
#include "persona/tls/failure.hpp"
#include "persona/tls/ticket_keys.hpp"
#include "persona/tls/tickets.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/words.hpp"
#include "resumption.hpp"
#include "ssl.hpp"

namespace persona::tls {

namespace {

mbedtls_ssl_protocol_version to_mbedtls(TlsVersion version) {
  return version == TlsVersion::tls12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
}

/// A server lets mbedTLS finish the handshake, and Handshake::judge_peer judges the client's certificate
/// afterwards. In a TLS 1.3 handshake mbedTLS 3.6 would send its refusal under the handshake keys. A client
/// that has sent its Finished can no longer read those (RFC 8446 section 7.3), and would not learn why it was
/// refused.
int authentication_mode(Role role, PeerCertificate policy) {
  if (role == Role::client) {
    return MBEDTLS_SSL_VERIFY_REQUIRED;
  }
  return policy == PeerCertificate::none ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_OPTIONAL;
}

}  // namespace

void Context::Deleter::operator()(mbedtls_ssl_config* config) const {
  mbedtls_ssl_config_free(config);
  delete config;
}

Context::Context(ContextOptions options) : options_(std::move(options)), config_(new mbedtls_ssl_config) {
  mbedtls_ssl_config_init(config_.get());
}

Context::~Context() = default;

Result<std::shared_ptr<const Context>> Context::create(ContextOptions options) {
  if (options.role == Role::client) {
    options.peer_certificate = PeerCertificate::required;
  }
  if (options.peer_certificate != PeerCertificate::none && !options.trust) {
    return persona::fail(ErrorKind::internal,
                         "a TLS context that verifies its peer needs trusted certificates");
  }
  if (options.role == Role::server && !options.identity) {
    return persona::fail(ErrorKind::internal, "a TLS server needs a certificate");
  }
  if (options.pins_alone && options.pins.empty()) {
    return persona::fail(ErrorKind::internal, "a TLS client that verifies no name needs pins");
  }
  std::shared_ptr<Context> context(new Context(std::move(options)));
  const ContextOptions& o = context->options_;
  mbedtls_ssl_config* config = context->config_.get();

  const int endpoint = o.role == Role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
  if (int code = mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);
      code != 0) {
    return persona::fail(ErrorKind::internal, "cannot set up TLS: {}", x509::mbedtls_reason(code));
  }
  mbedtls_ssl_conf_rng(config, x509::psa_random, nullptr);
  mbedtls_ssl_conf_min_tls_version(config, to_mbedtls(o.min_version));
  mbedtls_ssl_conf_max_tls_version(config, to_mbedtls(o.max_version));
  mbedtls_ssl_conf_authmode(config, authentication_mode(o.role, o.peer_certificate));
  if (auto set_up = context->set_up_resumption(); !set_up) {
    return tl::unexpected(set_up.error());
  }

  // Both lists end with a zero (ssl.h, mbedtls_ssl_conf_ciphersuites and mbedtls_ssl_conf_groups).
  if (!o.ciphers.empty()) {
    context->suite_list_.assign(o.ciphers.begin(), o.ciphers.end());
    context->suite_list_.push_back(0);
    mbedtls_ssl_conf_ciphersuites(config, context->suite_list_.data());
  }
#ifdef PERSONA_ML_KEM
  mbedtls_ssl_conf_mlkem768(config, ml_kem_768());
#endif
  if (!o.groups.empty()) {
    context->group_list_ = o.groups;
    context->group_list_.push_back(MBEDTLS_SSL_IANA_TLS_GROUP_NONE);
    mbedtls_ssl_conf_groups(config, context->group_list_.data());
  }
  if (!o.alpn.empty()) {
    for (const auto& protocol : o.alpn) {
      context->alpn_list_.push_back(protocol.c_str());
    }
    context->alpn_list_.push_back(nullptr);
    if (int code = mbedtls_ssl_conf_alpn_protocols(config, context->alpn_list_.data()); code != 0) {
      return persona::fail(ErrorKind::configuration, "tls.alpn is too long: {}", x509::mbedtls_reason(code));
    }
  }
  if (o.trust) {
#ifndef MBEDTLS_SSL_VERIFY_CALLBACK_ALONE  // mbedTLS without our patch verifies the chain before the
                                           // PeerVerifier does, and fails without a CA chain
    mbedtls_ssl_conf_ca_chain(config, o.trust->roots().get(), nullptr);
#endif
    mbedtls_ssl_conf_dn_hints(config, o.trust->roots().get());
  }
  if (o.identity) {
    if (int code = mbedtls_ssl_conf_own_cert(config, o.identity->chain().get(), o.identity->key());
        code != 0) {
      return persona::fail(ErrorKind::internal, "cannot use the certificate: {}", x509::mbedtls_reason(code));
    }
  }
  return std::shared_ptr<const Context>(std::move(context));
}

trust::VerifyPolicy Context::verify_policy(std::optional<std::string> expected_name) const {
  trust::VerifyPolicy policy;
  policy.role = peer_of(options_.role);
  policy.profile = options_.profile;
  if (!options_.pins_alone) {
    policy.expected_name = std::move(expected_name);
  }
  policy.pins = options_.pins;
  policy.clients = options_.clients.get();
  policy.keep_path = options_.keep_peer_paths;
  return policy;
}

// mbedTLS keeps no tickets. In TLS 1.3 NewSessionTicket is a message of the open session, which is ours; in
// TLS 1.2 it is one of the handshake, which mbedTLS reads and writes.
Result<void> Context::set_up_resumption() {
  mbedtls_ssl_config* config = config_.get();
  if (options_.role == Role::client) {
    mbedtls_ssl_conf_session_tickets(config, options_.resumption ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                                 : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  }
  if (!options_.resumption) {
    mbedtls_ssl_conf_tls13_key_exchange_modes(config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
    return {};
  }
  mbedtls_ssl_conf_tls13_key_exchange_modes(config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                                                        MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
  if (options_.role == Role::client) {
    ticket_store_ = std::make_unique<TicketStore>(options_.clock);
  } else {
    if (options_.ticket_keys) {
      auto issuer = TicketIssuer::with_keys(*options_.ticket_keys, options_.keep_peer_paths, options_.clock);
      if (!issuer) {
        return tl::unexpected(issuer.error());
      }
      ticket_issuer_ = std::move(*issuer);
    } else {
      ticket_issuer_ = std::make_unique<TicketIssuer>(options_.clock);
    }
    mbedtls_ssl_conf_session_tickets_cb(config, &write_ticket, &accept_ticket, this);
  }
  return {};
}

bool Context::has_quick_share() const {
  if (options_.max_version == TlsVersion::tls12) {
    return true;  // there is none
  }
  // Shares of the first group, and of X25519 beside the hybrid. mbedTLS's own list begins with X25519.
  const std::uint16_t first =
      options_.groups.empty() ? MBEDTLS_SSL_IANA_TLS_GROUP_X25519 : options_.groups.front();
  const NamedGroup* hybrid = find_named_group(hybrid_group);
  return first == MBEDTLS_SSL_IANA_TLS_GROUP_X25519 || (hybrid != nullptr && first == hybrid->code_point);
}

}  // namespace persona::tls
