#include "persona/forward/service.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

namespace {

tls::ContextOptions tls_options(const ServiceParts& parts) {
  const config::Config& config = parts.config;
  tls::ContextOptions options;
  options.identity = parts.identity;
  options.trust = parts.trust;
  options.min_version = config.tls.min_version;
  options.max_version = config.tls.max_version;
  options.ciphers = config.tls.ciphers;
  options.groups = config.tls.groups;
  options.alpn = config.tls.alpn;
  options.resumption = config.tls.resumption;
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

}  // namespace

Result<std::shared_ptr<Service>> Service::create(ServiceParts parts) {
  auto context = tls::Context::create(tls_options(parts));
  if (!context) {
    return tl::unexpected(context.error());
  }
  auto users = UserRules::create(parts.config.access);
  if (!users) {
    return tl::unexpected(users.error());
  }
  return std::shared_ptr<Service>(new Service(std::move(parts), std::move(*context), std::move(*users)));
}

Service::Service(ServiceParts parts, std::shared_ptr<const tls::Context> tls, UserRules users)
    : config_(std::move(parts.config)),
      tls_(std::move(tls)),
      logger_(std::move(parts.logger)),
      access_(config::effective_access(config_)),
      users_(std::move(users)),
      dial_rules_(config_.gateway.allowed_addresses.names, config_.gateway.allowed_addresses.blocks),
      failures_(logger_),
      targets_(endpoints(config_)) {}

const std::string& Service::server_name(const Endpoint& target) const {
  return config_.gateway.server_name ? config_.gateway.server_name->value : target.host;
}

bool Service::admits(const net::SocketAddress& client) const {
  const auto address = client.ip();
  return !address || std::any_of(access_.begin(), access_.end(),
                                 [&](const Cidr& block) { return block.contains(*address); });
}

bool Service::enter() {
  std::size_t live = live_;
  while (live < config_.limits.connections) {
    if (live_.compare_exchange_weak(live, live + 1)) {
      return true;
    }
  }
  return false;
}

}  // namespace persona::forward
