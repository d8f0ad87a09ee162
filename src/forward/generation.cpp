#include "persona/forward/generation.hpp"

#include <algorithm>
#include <utility>

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

Result<std::shared_ptr<const Generation>> Generation::create(Material material, const Generation* before) {
  auto context = tls::Context::create(tls_options(material));
  if (!context) {
    return tl::unexpected(context.error());
  }
  auto addresses = endpoints(material.config);
  auto targets = before != nullptr && before->targets_->endpoints() == addresses
                     ? before->targets_
                     : std::make_shared<Targets>(std::move(addresses));
  return std::shared_ptr<const Generation>(
      new Generation(std::move(material.config), std::move(*context), std::move(targets)));
}

Generation::Generation(config::Config config, std::shared_ptr<const tls::Context> tls,
                       std::shared_ptr<Targets> targets)
    : config_(std::move(config)),
      tls_(std::move(tls)),
      targets_(std::move(targets)),
      access_(config::effective_access(config_)) {}

const std::string& Generation::server_name(const Endpoint& target) const {
  return config_.gateway.server_name ? config_.gateway.server_name->value : target.host;
}

bool Generation::admits(const net::SocketAddress& client) const {
  const auto address = client.ip();
  return !address || std::any_of(access_.begin(), access_.end(),
                                 [&](const Cidr& block) { return block.contains(*address); });
}

}  // namespace persona::forward
