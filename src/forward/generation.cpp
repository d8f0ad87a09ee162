#include "persona/forward/generation.hpp"

#include <algorithm>
#include <utility>

#include "persona/identity/identity.hpp"
#include "persona/trust/client_rules.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/secret.hpp"

namespace persona::forward {

namespace {

tls::ContextOptions tls_options(const Material& material) {
  const config::Config& config = material.config;
  tls::ContextOptions options;
  options.identity = material.identity;
  options.trust = material.trust;
  options.min_version = config.tls.min_version;
  options.max_version = config.tls.max_version;
  options.ciphers = config.tls.ciphers;
  options.groups = config.tls.groups;
  options.alpn = config.tls.alpn;
  options.resumption = config.tls.resumption;
  options.profile = config.trust.profile;
  options.pins = config.gateway.pins;
  options.pins_alone = config.gateway.verify == config::GatewayVerify::pins;
  options.keep_peer_paths = config.trust.cut_on_revocation;
  options.ticket_keys = material.ticket_keys;
  if (config.client_allow) {
    const auto& allow = *config.client_allow;
    options.clients = std::make_shared<trust::ClientRules>(
        trust::ClientPatterns{allow.cn, allow.dns, allow.uri, allow.pins});
  }
  if (config.mode == config::Mode::gateway) {
    options.role = tls::Role::server;
    switch (config.client_certificate) {
      case config::ClientCertificate::required:
        options.peer_certificate = tls::PeerCertificate::required;
        break;
      case config::ClientCertificate::optional:
        options.peer_certificate = tls::PeerCertificate::optional;
        break;
      case config::ClientCertificate::none:
        options.peer_certificate = tls::PeerCertificate::none;
        break;
    }
  }
  return options;
}

std::vector<Endpoint> endpoints(const config::Config& config) {
  std::vector<Endpoint> result;
  if (config.mode == config::Mode::gateway) {
    result.push_back(config.service->value);
  } else {
    for (const auto& address : config.gateway.addresses) {
      result.push_back(address.value);
    }
  }
  return result;
}

std::vector<Expiry> all_expiries(const tls::ContextOptions& options) {
  std::vector<Expiry> expiries;
  if (options.identity) {
    expiries = forward::expiries_of(*options.identity);
  }
  if (options.trust) {
    for (const auto& each : options.trust->roots().describe()) {
      if (each.not_after >= x509::now()) {  // an expired one was reported on loading; nothing depends on it
        expiries.push_back(expiry_of(Expiry::Role::ca, each.name, each.not_before, each.not_after));
      }
    }
    for (const auto& each : options.trust->crls()) {
      // Where trust.crl_expired allows it, nothing depends on one that has expired.
      if (!each.superseded && (each.next_update >= x509::now() || !options.trust->allows_expired_crls())) {
        expiries.push_back(expiry_of(each));
      }
    }
  }
  return expiries;
}

std::optional<Proxy> proxy_of(const config::Config& config) {
  return config.gateway.via ? std::optional(config.gateway.via->proxy) : std::nullopt;
}

template <class T>
std::vector<T> values_of(const std::vector<config::Located<T>>& located) {
  std::vector<T> values;
  values.reserve(located.size());
  for (const auto& each : located) {
    values.push_back(each.value);
  }
  return values;
}

}  // namespace

std::vector<std::string> keep_what_needs_restart(config::Config& next, const config::Config& running) {
  std::vector<std::string> keys;
  const auto keep = [&](const char* key, auto& value, const auto& old, bool same) {
    if (!same) {
      keys.emplace_back(key);
      value = old;
    }
  };
  keep("name", next.name, running.name, next.name == running.name);
  keep("admin", next.admin, running.admin,
       next.admin.has_value() == running.admin.has_value() &&
           (!next.admin || is_same(*next.admin, *running.admin)));
  keep("threads", next.threads, running.threads, next.threads == running.threads);
  keep("sandbox", next.sandbox, running.sandbox, next.sandbox.value == running.sandbox.value);
  const auto name_of = [](const auto& user) { return user ? user->value : std::string(); };
  keep("user", next.user, running.user, name_of(next.user) == name_of(running.user));
  keep("log.format", next.log.format, running.log.format, next.log.format == running.log.format);
  keep("log.file", next.log.file, running.log.file, next.log.file == running.log.file);
  keep("log.audit", next.audit_file, running.audit_file, next.audit_file == running.audit_file);
  keep("log.max_size", next.log.max_size, running.log.max_size, next.log.max_size == running.log.max_size);
  keep("log.max_files", next.log.max_files, running.log.max_files,
       next.log.max_files == running.log.max_files);
  return keys;
}

Result<std::shared_ptr<const Generation>> Generation::create(Material material, const Generation* before) {
  tls::ContextOptions options = tls_options(material);
  std::shared_ptr<const tls::Context> context;
  if (before != nullptr && !material.certificate_digest.empty() &&
      material.certificate_digest == before->certificate_digest_) {
    // The same certificates, loaded again: if the settings are the same too, keep the context and its
    // tickets.
    const tls::ContextOptions& old = before->tls_->options();
    options.identity = old.identity;
    options.trust = old.trust;
    options.ticket_keys = old.ticket_keys;
    if (options.clients && old.clients && *options.clients == *old.clients) {
      options.clients = old.clients;
    }
    if (options == old) {
      context = before->tls_;
    }
  }
  if (!context) {
    auto created = tls::Context::create(std::move(options));
    if (!created) {
      return tl::unexpected(created.error());
    }
    context = std::move(*created);
  }
  auto users = UserRules::create(material.config.access);
  if (!users) {
    return tl::unexpected(users.error());
  }
  auto addresses = endpoints(material.config);
  auto targets = before != nullptr && before->targets_->endpoints() == addresses &&
                         proxy_of(before->config_) == proxy_of(material.config)
                     ? before->targets_
                     : std::make_shared<Targets>(std::move(addresses));
  return std::shared_ptr<const Generation>(
      new Generation(std::move(material), std::move(context), std::move(targets), std::move(*users)));
}

std::shared_ptr<const Generation> Generation::with_newer_crls(std::vector<trust::CrlInfo>& added) const {
  const auto& trust = tls_->options().trust;
  if (!trust || config_.trust.crl.empty()) {
    return nullptr;
  }
  Material material;
  material.trust = trust->with_newer_crls(values_of(config_.trust.crl), added);
  if (!material.trust) {
    return nullptr;
  }
  material.config = config_;
  material.via_password = via_password_;
  material.identity = tls_->options().identity;
  auto next = create(std::move(material), this);
  return next ? std::move(*next) : nullptr;
}

Generation::Generation(Material material, std::shared_ptr<const tls::Context> tls,
                       std::shared_ptr<Targets> targets, UserRules users)
    : config_(std::move(material.config)),
      tls_(std::move(tls)),
      targets_(std::move(targets)),
      access_(config::effective_access(config_)),
      users_(std::move(users)),
      dial_rules_(config_.gateway.allowed_addresses.names, config_.gateway.allowed_addresses.blocks),
      digest_(std::move(material.digest)),
      certificate_digest_(std::move(material.certificate_digest)),
      via_password_(std::move(material.via_password)),
      expiries_(all_expiries(tls_->options())) {}

const std::string& Generation::server_name(const Endpoint& target) const {
  return config_.gateway.server_name ? config_.gateway.server_name->value : target.host;
}

std::string_view Generation::via_password() const {
  return via_password_ ? via_password_->view() : std::string_view();
}

bool Generation::admits(const net::SocketAddress& client) const {
  const auto address = client.ip();
  return !address || std::any_of(access_.begin(), access_.end(),
                                 [&](const Cidr& block) { return block.contains(*address); });
}

}  // namespace persona::forward
